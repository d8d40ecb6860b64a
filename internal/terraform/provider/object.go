package provider

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/waymark-portal/waymark/internal/terraform/local"
)

// object is waymark_database, waymark_bucket or waymark_endpoint.
type object struct {
	kind local.Kind
	set  *settings
}

// objectModel is the state of an object; its tags match objectSchema.
type objectModel struct {
	ID        types.String `tfsdk:"id"`
	Name      types.String `tfsdk:"name"`
	Size      types.String `tfsdk:"size"`
	Encrypted types.Bool   `tfsdk:"encrypted"`
	Public    types.Bool   `tfsdk:"public"`
	Tags      types.Map    `tfsdk:"tags"`
	Delay     types.Int64  `tfsdk:"delay_seconds"`
	URL       types.String `tfsdk:"url"`
}

// Metadata implements resource.Resource.
func (o *object) Metadata(_ context.Context, q resource.MetadataRequest, r *resource.MetadataResponse) {
	r.TypeName = q.ProviderTypeName + "_" + string(o.kind)
}

// Configure implements resource.ResourceWithConfigure.
func (o *object) Configure(_ context.Context, q resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if s, ok := q.ProviderData.(*settings); ok {
		o.set = s
	}
}

// ModifyPlan makes id and url known in the plan: they follow from the name, so
// that what was being made when an engine died can be looked for.
func (o *object) ModifyPlan(ctx context.Context, q resource.ModifyPlanRequest, r *resource.ModifyPlanResponse) {
	if q.Plan.Raw.IsNull() || o.set == nil { // a destroy, or validation only
		return
	}
	var name types.String
	r.Diagnostics.Append(q.Plan.GetAttribute(ctx, path.Root("name"), &name)...)
	if r.Diagnostics.HasError() || name.IsUnknown() {
		return
	}
	id := local.ID(o.set.environment, name.ValueString())
	r.Diagnostics.Append(r.Plan.SetAttribute(ctx, path.Root("id"), id)...)
	r.Diagnostics.Append(r.Plan.SetAttribute(ctx, path.Root("url"), o.url(id))...)
}

func (o *object) url(id string) string {
	dir := o.set.local.Path(o.kind, id)
	if o.kind == local.Database {
		return "sqlite:" + dir + "/" + local.DatabaseFile
	}
	return "file:" + dir
}

// Create implements resource.Resource. The object stands before the delay
// begins, as in a cloud that answers late.
func (o *object) Create(ctx context.Context, q resource.CreateRequest, r *resource.CreateResponse) {
	var m objectModel
	r.Diagnostics.Append(q.Plan.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	if err := o.put(ctx, &m); err != nil {
		r.Diagnostics.AddError("The "+string(o.kind)+" "+m.Name.ValueString()+" could not be made", err.Error())
		return
	}
	r.Diagnostics.Append(r.State.Set(ctx, &m)...)
	pause(ctx, time.Duration(m.Delay.ValueInt64())*time.Second)
}

// pause waits, but not longer than the engine does.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (o *object) put(ctx context.Context, m *objectModel) error {
	tags := map[string]string{}
	if d := m.Tags.ElementsAs(ctx, &tags, false); d.HasError() {
		return errors.New("the tags cannot be read")
	}
	id := local.ID(o.set.environment, m.Name.ValueString())
	_, err := o.set.local.Put(local.Object{
		ID: id, Kind: o.kind, Name: m.Name.ValueString(), Environment: o.set.environment, Tags: tags,
		Spec: map[string]string{
			"size":          m.Size.ValueString(),
			"encrypted":     strconv.FormatBool(m.Encrypted.ValueBool()),
			"public":        strconv.FormatBool(m.Public.ValueBool()),
			"delay_seconds": strconv.FormatInt(m.Delay.ValueInt64(), 10),
		},
	})
	m.ID, m.URL = types.StringValue(id), types.StringValue(o.url(id))
	return err
}

// Read implements resource.Resource.
func (o *object) Read(ctx context.Context, q resource.ReadRequest, r *resource.ReadResponse) {
	var m objectModel
	r.Diagnostics.Append(q.State.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	found, err := o.set.local.Get(o.kind, m.ID.ValueString())
	if errors.Is(err, local.ErrNotFound) {
		r.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		r.Diagnostics.AddError("The "+string(o.kind)+" cannot be read", err.Error())
		return
	}
	r.Diagnostics.Append(o.fill(ctx, &m, found)...)
	r.Diagnostics.Append(r.State.Set(ctx, &m)...)
}

// Update implements resource.Resource.
func (o *object) Update(ctx context.Context, q resource.UpdateRequest, r *resource.UpdateResponse) {
	var m objectModel
	r.Diagnostics.Append(q.Plan.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	if err := o.put(ctx, &m); err != nil {
		r.Diagnostics.AddError("The "+string(o.kind)+" "+m.Name.ValueString()+" could not be changed", err.Error())
		return
	}
	r.Diagnostics.Append(r.State.Set(ctx, &m)...)
}

// Delete implements resource.Resource.
func (o *object) Delete(ctx context.Context, q resource.DeleteRequest, r *resource.DeleteResponse) {
	var m objectModel
	r.Diagnostics.Append(q.State.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	pause(ctx, time.Duration(m.Delay.ValueInt64())*time.Second)
	if err := o.set.local.Delete(o.kind, m.ID.ValueString()); err != nil {
		r.Diagnostics.AddError("The "+string(o.kind)+" could not be removed", err.Error())
	}
}

// ImportState implements resource.ResourceWithImportState.
func (o *object) ImportState(ctx context.Context, q resource.ImportStateRequest, r *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), q, r)
}
