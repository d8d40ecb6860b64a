package memo_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waymark-portal/waymark/internal/memo"
)

type key string

func TestGet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		count := func(context.Context) (int, error) { n++; return n, nil }
		get := func(ctx context.Context, k key, want int) {
			t.Helper()
			if got, err := memo.Get(ctx, k, count); got != want || err != nil {
				t.Fatalf("got %d, %v, want %d", got, err, want)
			}
		}
		get(t.Context(), "a", 1)
		get(t.Context(), "a", 2) // nothing remembers outside With
		ctx := memo.With(t.Context())
		get(ctx, "a", 3)
		get(ctx, "a", 3)
		get(ctx, "b", 4)
		memo.Forget(ctx)
		get(ctx, "a", 5)
		time.Sleep(2 * time.Second)
		get(ctx, "a", 6)
		get(memo.With(t.Context()), "a", 7) // another answer
	})
}

func TestGetForgetsErrors(t *testing.T) {
	ctx, broken := memo.With(t.Context()), errors.New("broken")
	if _, err := memo.Get(ctx, key("a"), func(context.Context) (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if got, err := memo.Get(ctx, key("a"), func(context.Context) (int, error) { return 1, nil }); got != 1 || err != nil {
		t.Fatal(got, err)
	}
}
