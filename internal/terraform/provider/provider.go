// Package provider is Waymark's own Terraform provider. The portal's binary
// serves it (waymark provider): databases, buckets and endpoints of the local
// platform, secrets and catalog entities of the portal. Every create takes
// back what carries the same environment, so that it can be tried again.
package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"google.golang.org/grpc"

	"github.com/waymark-portal/waymark/internal/terraform/local"
	"github.com/waymark-portal/waymark/internal/terraform/plugin"
)

// Address is the provider's source address.
const Address = "waymark.internal/waymark/waymark"

// The variables through which the portal tells the provider where it works.
// Nobody else sets them.
const (
	EnvEnvironment = "WAYMARK_ENVIRONMENT"        // id of the environment
	EnvLocal       = "WAYMARK_LOCAL"              // folder of the local platform
	EnvPortal      = "WAYMARK_PORTAL"             // address of the run's own listener
	EnvToken       = "WAYMARK_PORTAL_TOKEN"       // token of the run
	EnvWork        = "WAYMARK_WORK"               // the run's work folder; marks stray processes
	Wrapper        = "terraform-provider-waymark" // name of the file in the mirror
)

// Serve answers OpenTofu or Terraform until it hangs up. It returns
// plugin.ErrNotStarted when neither started the process.
func Serve(ctx context.Context, version string) error {
	p := tf6server.GRPCProviderPlugin{Name: Address, GRPCProvider: providerserver.NewProtocol6(New(version)())}
	return plugin.Serve(ctx, plugin.Options{
		Version:  6,
		Register: func(s *grpc.Server) error { return p.GRPCServer(nil, s) },
		Getenv:   os.Getenv,
		Out:      os.Stdout,
	})
}

// New returns the provider's maker.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &waymark{version: version} }
}

type waymark struct{ version string }

// settings is what every resource works with.
type settings struct {
	environment string
	local       local.Store
	portal      portal
}

type model struct {
	Environment types.String `tfsdk:"environment"`
	Folder      types.String `tfsdk:"folder"`
}

// Metadata implements provider.Provider.
func (p *waymark) Metadata(_ context.Context, _ provider.MetadataRequest, r *provider.MetadataResponse) {
	r.TypeName = "waymark"
	r.Version = p.version
}

// Schema implements provider.Provider.
func (p *waymark) Schema(_ context.Context, _ provider.SchemaRequest, r *provider.SchemaResponse) {
	r.Schema = schema.Schema{
		Description: "What a Waymark portal can make by itself.",
		Attributes: map[string]schema.Attribute{
			"environment": schema.StringAttribute{Optional: true,
				Description: "Id of the environment that owns what is made. The portal sets it in " + EnvEnvironment + "."},
			"folder": schema.StringAttribute{Optional: true,
				Description: "Folder of the local platform. The portal sets it in " + EnvLocal + "."},
		},
	}
}

// Configure implements provider.Provider.
func (p *waymark) Configure(ctx context.Context, q provider.ConfigureRequest, r *provider.ConfigureResponse) {
	var m model
	r.Diagnostics.Append(q.Config.Get(ctx, &m)...)
	if r.Diagnostics.HasError() {
		return
	}
	s := &settings{
		environment: first(m.Environment.ValueString(), os.Getenv(EnvEnvironment)),
		local:       local.Store{Dir: first(m.Folder.ValueString(), os.Getenv(EnvLocal))},
		portal:      portal{address: os.Getenv(EnvPortal), token: os.Getenv(EnvToken)},
	}
	if s.environment == "" || s.local.Dir == "" {
		r.Diagnostics.AddError("The provider does not know its environment",
			"Set environment and folder in the provider block, or let a Waymark portal start Terraform: it sets both.")
		return
	}
	r.ResourceData = s
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Resources implements provider.Provider.
func (p *waymark) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		func() resource.Resource { return &object{kind: local.Database} },
		func() resource.Resource { return &object{kind: local.Bucket} },
		func() resource.Resource { return &object{kind: local.Endpoint} },
		func() resource.Resource { return &secret{} },
		func() resource.Resource { return &entity{} },
	}
}

// DataSources implements provider.Provider.
func (p *waymark) DataSources(context.Context) []func() datasource.DataSource { return nil }
