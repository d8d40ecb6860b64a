package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.26.0"
)

// wireTraces sends a span per request to the configured OTLP address. Without
// one, spans cost nothing and go nowhere.
func (a *app) wireTraces() error {
	if a.cfg.OTLP == "" {
		return nil
	}
	exporter, err := otlptracehttp.New(context.Background(), otlptracehttp.WithEndpointURL(a.cfg.OTLP))
	if err != nil {
		return fmt.Errorf("otlp_endpoint: %w", err)
	}
	p := trace.NewTracerProvider(trace.WithBatcher(exporter),
		trace.WithResource(resource.NewSchemaless(semconv.ServiceName("waymark"), semconv.ServiceVersion(version))))
	otel.SetTracerProvider(p)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	a.onStop(p.Shutdown)
	return nil
}
