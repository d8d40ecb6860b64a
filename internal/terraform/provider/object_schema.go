package provider

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/waymark-portal/waymark/internal/terraform/local"
)

var about = map[local.Kind]string{
	local.Database: "A SQLite database in the portal's data folder.",
	local.Bucket:   "A folder for files in the portal's data folder.",
	local.Endpoint: "A page that says that an environment is up.",
}

// Schema implements resource.Resource.
func (o *object) Schema(_ context.Context, _ resource.SchemaRequest, r *resource.SchemaResponse) {
	r.Schema = schema.Schema{
		Description: about[o.kind],
		Attributes: map[string]schema.Attribute{
			"id":   computed("The environment's id and the name."),
			"name": name("Unique in its environment."),
			"url":  computed("Where it is."),
			"size": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("small"),
				Description: "What the price book knows it as."},
			"encrypted": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				Description: "Whether encryption at rest is asked for. The local platform writes it down for policies to judge and relies on the disk for the rest."},
			"public": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				Description: "Whether everybody may reach it."},
			"tags": schema.MapAttribute{Optional: true, ElementType: types.StringType,
				Description: "Who owns it and what it is for."},
			"delay_seconds": schema.Int64Attribute{Optional: true, Computed: true, Default: int64default.StaticInt64(0),
				Description: "How long making and removing takes, to see what a slow cloud is like."},
		},
	}
}

func computed(text string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, Description: text,
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}}
}

func name(text string) schema.StringAttribute {
	return schema.StringAttribute{Required: true, Description: text,
		Validators:    []validator.String{nameValidator{}},
		PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}}
}

// fill copies what really stands there into the state, so that a change made
// behind Terraform's back shows.
func (o *object) fill(ctx context.Context, m *objectModel, found local.Object) diag.Diagnostics {
	m.ID, m.Name = types.StringValue(found.ID), types.StringValue(found.Name)
	m.URL = types.StringValue(o.url(found.ID))
	m.Size = types.StringValue(found.Spec["size"])
	m.Encrypted = types.BoolValue(found.Spec["encrypted"] == "true")
	m.Public = types.BoolValue(found.Spec["public"] == "true")
	delay, _ := strconv.ParseInt(found.Spec["delay_seconds"], 10, 64) // written by put
	m.Delay = types.Int64Value(delay)
	if len(found.Tags) == 0 && m.Tags.IsNull() {
		return nil
	}
	tags, d := types.MapValueFrom(ctx, types.StringType, found.Tags)
	m.Tags = tags
	return d
}

// nameValidator refuses names that could not be part of an id.
type nameValidator struct{}

// Description implements validator.String.
func (nameValidator) Description(context.Context) string {
	return "lower-case letters, digits, - and _, at most 40"
}

// MarkdownDescription implements validator.String.
func (v nameValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString implements validator.String.
func (v nameValidator) ValidateString(ctx context.Context, q validator.StringRequest, r *validator.StringResponse) {
	if q.ConfigValue.IsUnknown() || q.ConfigValue.IsNull() || local.ValidName(q.ConfigValue.ValueString()) {
		return
	}
	r.Diagnostics.AddAttributeError(q.Path, "The name cannot be used",
		fmt.Sprintf("%q: %s.", q.ConfigValue.ValueString(), v.Description(ctx)))
}
