package goldenpath_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// brokers start a broker in this process: its address, how to publish there,
// and how many dead letters it holds.
var brokers = map[any]func(t *testing.T) (url string, publish func(string), dead func() int){"nats": startNATS, "kafka": startKafka}

func runProcessor(t *testing.T, m making, _, binary string) {
	url, publish, dead := brokers[m.values["broker"]](t)
	p := start(t, binary, nil, "BROKER_URL="+url, "BACKOFF=1ms")
	p.healthy()
	for i := range 3 {
		publish(fmt.Sprintf(`{"id": "%d", "type": "item.created", "data": {"name": "first"}}`, i))
	}
	publish("not an event")
	p.until(`messages_total{result="ok"} 3`, `messages_total{result="dead"} 1`)
	if n := dead(); n != 1 {
		t.Errorf("%d dead letters, want 1", n)
	}
	if code := p.stop(); code != 0 || !strings.Contains(p.said(), `"msg":"stopped"`) {
		t.Errorf("a stop ends with %d\n%s", code, p.said())
	}
	// What is published while none runs is processed by the next one, once.
	publish(`{"id": "4", "type": "item.created", "data": {"name": "later"}}`)
	p = start(t, binary, nil, "BROKER_URL="+url)
	p.until(`messages_total{result="ok"} 1`)
	if code := p.stop(); code != 0 || strings.Contains(p.said(), "first") {
		t.Errorf("the second one ends with %d\n%s", code, p.said())
	}
}

func startNATS(t *testing.T) (string, func(string), func() int) {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS does not start")
	}
	c, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	publish := func(text string) {
		if _, err := js.Publish(context.Background(), "events", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	dead := func() int {
		stream, err := js.Stream(context.Background(), service)
		if err != nil {
			t.Fatal(err)
		}
		info, err := stream.Info(context.Background(), jetstream.WithSubjectFilter("events.dead"))
		if err != nil {
			t.Fatal(err)
		}
		return int(info.State.Subjects["events.dead"])
	}
	return s.ClientURL(), publish, dead
}

func startKafka(t *testing.T) (string, func(string), func() int) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "events", "events.dead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	c, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("events.dead"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	publish := func(text string) {
		if err := c.ProduceSync(context.Background(), &kgo.Record{Topic: "events", Value: []byte(text)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	dead := func() int {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return c.PollFetches(ctx).NumRecords()
	}
	return strings.Join(cluster.ListenAddrs(), ","), publish, dead
}
