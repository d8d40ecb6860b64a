package plugin

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/emptypb"
)

// registerProtocol adds the services that the protocol itself asks for: health,
// the end, and two streams that engines open and a provider has nothing to say
// on: its log goes to standard error, and it opens no connections of its own.
func registerProtocol(s *grpc.Server) {
	healthy := health.NewServer()
	healthy.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(s, healthy)

	ended := make(chan struct{})
	end := sync.OnceFunc(func() {
		close(ended)
		time.AfterFunc(grace, s.Stop)
		go s.GracefulStop() // not here: it waits for the call that asked for it
	})
	s.RegisterService(controller(end), nil)
	s.RegisterService(silence("plugin.GRPCStdio", "StreamStdio", ended), nil)
	s.RegisterService(silence("plugin.GRPCBroker", "StartStream", ended), nil)
}

// controller is the service by which an engine ends the plugin.
func controller(end func()) *grpc.ServiceDesc {
	return &grpc.ServiceDesc{
		ServiceName: "plugin.GRPCController",
		Methods: []grpc.MethodDesc{{
			MethodName: "Shutdown",
			Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				if err := decode(new(emptypb.Empty)); err != nil {
					return nil, err
				}
				end()
				return new(emptypb.Empty), nil
			},
		}},
	}
}

// silence is a service of one stream that stays open and carries nothing.
func silence(service, stream string, ended <-chan struct{}) *grpc.ServiceDesc {
	return &grpc.ServiceDesc{
		ServiceName: service,
		Streams: []grpc.StreamDesc{{
			StreamName:    stream,
			ServerStreams: true,
			ClientStreams: true,
			Handler: func(_ any, s grpc.ServerStream) error {
				select {
				case <-s.Context().Done():
				case <-ended:
				}
				return nil
			},
		}},
	}
}
