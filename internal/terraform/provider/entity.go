package provider

import (
	"context"
	"errors"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/waymark-portal/waymark/internal/terraform/local"
)

// entity is waymark_entity: a Resource in the catalog, owned by the owner of
// the environment.
type entity struct{ set *settings }

type entityModel struct {
	ID    types.String `tfsdk:"id"`
	Name  types.String `tfsdk:"name"`
	Type  types.String `tfsdk:"type"`
	Title types.String `tfsdk:"title"`
	Ref   types.String `tfsdk:"ref"`
}

// EntityValue is what the provider tells the portal of an entity, and what the
// portal answers.
type EntityValue struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	Ref   string `json:"ref,omitempty"`
}

// Metadata implements resource.Resource.
func (e *entity) Metadata(_ context.Context, q resource.MetadataRequest, r *resource.MetadataResponse) {
	r.TypeName = q.ProviderTypeName + "_entity"
}

// Schema implements resource.Resource.
func (e *entity) Schema(_ context.Context, _ resource.SchemaRequest, r *resource.SchemaResponse) {
	r.Schema = schema.Schema{
		Description: "A Resource in the portal's catalog, owned by the environment's owner.",
		Attributes: map[string]schema.Attribute{
			"id":    computed("The environment's id and the name."),
			"name":  name("Unique in its environment."),
			"type":  schema.StringAttribute{Required: true, Description: "spec.type of the entity, such as database."},
			"title": schema.StringAttribute{Required: true, Description: "What people call it."},
			"ref":   computed("The entity's reference in the catalog."),
		},
	}
}

// Configure implements resource.ResourceWithConfigure.
func (e *entity) Configure(_ context.Context, q resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if set, ok := q.ProviderData.(*settings); ok {
		e.set = set
	}
}

// ModifyPlan makes the id known in the plan.
func (e *entity) ModifyPlan(ctx context.Context, q resource.ModifyPlanRequest, r *resource.ModifyPlanResponse) {
	planID(ctx, e.set, q, r)
}

func (e *entity) put(ctx context.Context, m *entityModel) error {
	m.ID = types.StringValue(local.ID(e.set.environment, m.Name.ValueString()))
	v := EntityValue{Type: m.Type.ValueString(), Title: m.Title.ValueString()}
	if err := e.set.portal.call(ctx, http.MethodPut, "entities", m.ID.ValueString(), v, &v); err != nil {
		return err
	}
	m.Ref = types.StringValue(v.Ref)
	return nil
}

// Create implements resource.Resource.
func (e *entity) Create(ctx context.Context, q resource.CreateRequest, r *resource.CreateResponse) {
	var m entityModel
	r.Diagnostics.Append(q.Plan.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	if err := e.put(ctx, &m); err != nil {
		r.Diagnostics.AddError("The entity "+m.Name.ValueString()+" could not be registered", err.Error())
		return
	}
	r.Diagnostics.Append(r.State.Set(ctx, &m)...)
}

// Read implements resource.Resource.
func (e *entity) Read(ctx context.Context, q resource.ReadRequest, r *resource.ReadResponse) {
	var m entityModel
	r.Diagnostics.Append(q.State.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	var v EntityValue
	err := e.set.portal.call(ctx, http.MethodGet, "entities", m.ID.ValueString(), nil, &v)
	if errors.Is(err, errGone) {
		r.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		r.Diagnostics.AddError("The entity cannot be read", err.Error())
		return
	}
	m.Name = types.StringValue(nameOf(e.set, m.ID.ValueString()))
	m.Type, m.Title, m.Ref = types.StringValue(v.Type), types.StringValue(v.Title), types.StringValue(v.Ref)
	r.Diagnostics.Append(r.State.Set(ctx, &m)...)
}

// Update implements resource.Resource.
func (e *entity) Update(ctx context.Context, q resource.UpdateRequest, r *resource.UpdateResponse) {
	var m entityModel
	r.Diagnostics.Append(q.Plan.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	if err := e.put(ctx, &m); err != nil {
		r.Diagnostics.AddError("The entity "+m.Name.ValueString()+" could not be changed", err.Error())
		return
	}
	r.Diagnostics.Append(r.State.Set(ctx, &m)...)
}

// Delete implements resource.Resource.
func (e *entity) Delete(ctx context.Context, q resource.DeleteRequest, r *resource.DeleteResponse) {
	var id types.String
	r.Diagnostics.Append(q.State.GetAttribute(ctx, path.Root("id"), &id)...)
	err := e.set.portal.call(ctx, http.MethodDelete, "entities", id.ValueString(), nil, nil)
	if err != nil && !errors.Is(err, errGone) {
		r.Diagnostics.AddError("The entity could not be taken out of the catalog", err.Error())
	}
}

// ImportState implements resource.ResourceWithImportState.
func (e *entity) ImportState(ctx context.Context, q resource.ImportStateRequest, r *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), q, r)
}
