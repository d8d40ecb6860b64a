package provider

import (
	"context"
	"errors"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/waymark-portal/waymark/internal/terraform/local"
)

// secret is waymark_secret: a random value that the portal makes and keeps
// sealed.
type secret struct{ set *settings }

type secretModel struct {
	ID    types.String `tfsdk:"id"`
	Name  types.String `tfsdk:"name"`
	Value types.String `tfsdk:"value"`
}

// SecretValue is what the portal answers for a secret.
type SecretValue struct {
	Value string `json:"value"`
}

// Metadata implements resource.Resource.
func (s *secret) Metadata(_ context.Context, q resource.MetadataRequest, r *resource.MetadataResponse) {
	r.TypeName = q.ProviderTypeName + "_secret"
}

// Schema implements resource.Resource.
func (s *secret) Schema(_ context.Context, _ resource.SchemaRequest, r *resource.SchemaResponse) {
	r.Schema = schema.Schema{
		Description: "A random value in the portal's secret store.",
		Attributes: map[string]schema.Attribute{
			"id":   computed("The environment's id and the name."),
			"name": name("Unique in its environment."),
			"value": schema.StringAttribute{Computed: true, Sensitive: true, Description: "The value.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}},
		},
	}
}

// Configure implements resource.ResourceWithConfigure.
func (s *secret) Configure(_ context.Context, q resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if set, ok := q.ProviderData.(*settings); ok {
		s.set = set
	}
}

// ModifyPlan makes the id known in the plan.
func (s *secret) ModifyPlan(ctx context.Context, q resource.ModifyPlanRequest, r *resource.ModifyPlanResponse) {
	planID(ctx, s.set, q, r)
}

func planID(ctx context.Context, set *settings, q resource.ModifyPlanRequest, r *resource.ModifyPlanResponse) {
	if q.Plan.Raw.IsNull() || set == nil {
		return
	}
	var name types.String
	r.Diagnostics.Append(q.Plan.GetAttribute(ctx, path.Root("name"), &name)...)
	if !r.Diagnostics.HasError() && !name.IsUnknown() {
		r.Diagnostics.Append(r.Plan.SetAttribute(ctx, path.Root("id"), local.ID(set.environment, name.ValueString()))...)
	}
}

// Create implements resource.Resource; the portal answers the value that it
// has if there is one already.
func (s *secret) Create(ctx context.Context, q resource.CreateRequest, r *resource.CreateResponse) {
	var m secretModel
	r.Diagnostics.Append(q.Plan.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	m.ID = types.StringValue(local.ID(s.set.environment, m.Name.ValueString()))
	var v SecretValue
	if err := s.set.portal.call(ctx, http.MethodPut, "secrets", m.ID.ValueString(), nil, &v); err != nil {
		r.Diagnostics.AddError("The secret "+m.Name.ValueString()+" could not be made", err.Error())
		return
	}
	m.Value = types.StringValue(v.Value)
	r.Diagnostics.Append(r.State.Set(ctx, &m)...)
}

// Read implements resource.Resource.
func (s *secret) Read(ctx context.Context, q resource.ReadRequest, r *resource.ReadResponse) {
	var m secretModel
	r.Diagnostics.Append(q.State.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	var v SecretValue
	err := s.set.portal.call(ctx, http.MethodGet, "secrets", m.ID.ValueString(), nil, &v)
	if errors.Is(err, errGone) {
		r.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		r.Diagnostics.AddError("The secret cannot be read", err.Error())
		return
	}
	m.Name, m.Value = types.StringValue(nameOf(s.set, m.ID.ValueString())), types.StringValue(v.Value)
	r.Diagnostics.Append(r.State.Set(ctx, &m)...)
}

// nameOf takes the environment off an id.
func nameOf(set *settings, id string) string {
	if head := local.ID(set.environment, ""); len(id) > len(head) && id[:len(head)] == head {
		return id[len(head):]
	}
	return id
}

// Update implements resource.Resource; there is nothing that can change.
func (s *secret) Update(ctx context.Context, q resource.UpdateRequest, r *resource.UpdateResponse) {
	r.State.Raw = q.Plan.Raw
}

// Delete implements resource.Resource.
func (s *secret) Delete(ctx context.Context, q resource.DeleteRequest, r *resource.DeleteResponse) {
	var id types.String
	r.Diagnostics.Append(q.State.GetAttribute(ctx, path.Root("id"), &id)...)
	err := s.set.portal.call(ctx, http.MethodDelete, "secrets", id.ValueString(), nil, nil)
	if err != nil && !errors.Is(err, errGone) {
		r.Diagnostics.AddError("The secret could not be removed", err.Error())
	}
}

// ImportState implements resource.ResourceWithImportState.
func (s *secret) ImportState(ctx context.Context, q resource.ImportStateRequest, r *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), q, r)
}
