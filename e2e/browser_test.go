package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is one headless Chromium with one tab. It notes what a person
// would never accept: console errors, failed requests, requests that leave
// the machine.
type browser struct {
	ctx context.Context
	t   testing.TB
	s   *server
	*noted
}

// noted is what went wrong in the page, shared by copies of a browser.
type noted struct {
	mu     sync.Mutex
	faults []string
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	return ""
}

// open starts a browser for s.
func open(t testing.TB, s *server) *browser {
	t.Helper()
	path := chromium()
	need(t, "Chromium", path != "")
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1440, 1000), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"))
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	b := &browser{ctx: ctx, t: t, s: s, noted: &noted{}}
	t.Cleanup(func() { cancel(); cancelAlloc() })
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatalf("start browser: %v", err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" {
			args, _ := json.Marshal(e.Args)
			b.faults = append(b.faults, "console error: "+string(args))
		}
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, "exception: "+e.ExceptionDetails.Text)
	case *network.EventRequestWillBeSent:
		u := e.Request.URL
		if !strings.HasPrefix(u, b.s.URL) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") && !strings.HasPrefix(u, "about:") && !strings.HasPrefix(u, "http://127.0.0.1") {
			b.faults = append(b.faults, "request left the machine: "+u)
		}
	case *network.EventResponseReceived:
		if !strings.HasPrefix(e.Response.URL, b.s.URL) {
			return // an issuer's page is not ours
		}
		if e.Response.Status >= 500 || (e.Response.Status == 404 && e.Type != network.ResourceTypeDocument) {
			b.faults = append(b.faults, "failed request: "+e.Response.URL)
		}
	}
}

// clean fails the test if a person would have met a fault so far.
func (b *browser) clean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		b.t.Error(f)
	}
	b.faults = nil
}

// step is one thing that a person does.
type step = chromedp.Action[chromedp.Void]

// do runs steps within 30 seconds.
func (b *browser) do(what string, steps ...step) {
	b.t.Helper()
	b.within(30*time.Second, what, steps...)
}

func (b *browser) within(d time.Duration, what string, steps ...step) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, d)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v\npage: %s", what, err, b.summary())
	}
}

// ask runs an action that answers within 30 seconds.
func ask[T any](b *browser, what string, a chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		b.t.Fatalf("%s: %v\npage: %s", what, err, b.summary())
	}
	return v
}

// summary is the address and the beginning of the text of the page.
func (b *browser) summary() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\\n" + document.body.innerText.slice(0, 1500)`))
	if err != nil {
		return err.Error()
	}
	return text
}

// signIn signs in as a sample person by clicking.
func (b *browser) signIn(user string) {
	b.t.Helper()
	b.do("sign in as "+user, chromedp.Navigate(b.s.URL+"/sign-in"),
		chromedp.Click(chromedp.CSS(`button[value="user:default/`+user+`"]`)),
		chromedp.WaitVisible(chromedp.CSS(`nav#nav a[href="/catalog"]`)))
}

// goTo opens a page and waits for its heading.
func (b *browser) goTo(path string) {
	b.t.Helper()
	b.do("open "+path, chromedp.Navigate(b.s.URL+path), chromedp.WaitVisible(chromedp.CSS(`h1`)))
}

// click clicks the first element that matches. An element that a stream
// replaced between finding and clicking it was not clicked: it is found anew.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for {
			_, err := chromedp.Click(chromedp.CSS(selector))(ctx, target)
			if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "node with given id") {
				return err
			}
		}
	}))
}

// fill types into a field, replacing what it holds.
func (b *browser) fill(selector, text string) {
	b.t.Helper()
	b.do("fill "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SetValue(chromedp.CSS(selector), ""), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// text is the visible text of the first element that matches.
func (b *browser) text(selector string) string {
	b.t.Helper()
	return ask(b, "text of "+selector, chromedp.Text(chromedp.CSS(selector)))
}

// waitText waits until an element holds a text, at most d.
func (b *browser) waitText(selector, want string, d time.Duration) {
	b.t.Helper()
	sel, _ := json.Marshal(selector) // texts always marshal
	w, _ := json.Marshal(want)
	script := `[...document.querySelectorAll(` + string(sel) + `)].some(e => e.innerText.includes(` + string(w) + `))`
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
		cancel()
		if err == nil && ok {
			return
		}
	}
	b.t.Fatalf("no %q in %s within %s\npage: %s", want, selector, d, b.summary())
}

// waitAt waits until a page whose address holds part has loaded, at most d.
func (b *browser) waitAt(part string, d time.Duration) {
	b.t.Helper()
	p, _ := json.Marshal(part) // texts always marshal
	eventually(b.t, d, "the page at "+part, func() error {
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
		defer cancel()
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`location.href.includes(`+string(p)+`) && document.readyState === "complete"`))
		if err == nil && !there {
			return errf("still elsewhere")
		}
		return err
	})
}

// eval runs a script in the page and returns its value.
func eval[T any](b *browser, script string) T {
	b.t.Helper()
	return ask(b, "evaluate", chromedp.Evaluate[T](script))
}

// dark switches to the dark colour scheme or back.
func (b *browser) dark(on bool) {
	b.t.Helper()
	v := "light"
	if on {
		v = "dark"
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v}}}); err != nil {
		b.t.Fatal(err)
	}
	b.do("let the colours settle", chromedp.Sleep(300*time.Millisecond))
}

// size sets the window's size.
func (b *browser) size(w, h int64) {
	b.t.Helper()
	b.do("size", chromedp.EmulateViewport(w, h))
}

// shot writes a picture of the page.
func (b *browser) shot(path string) {
	b.t.Helper()
	png := ask(b, "screenshot", chromedp.FullScreenshot(100))
	if err := os.WriteFile(path, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// axe runs axe-core on the page and fails for each violation.
func (b *browser) axe(label string) {
	b.t.Helper()
	src, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	need(b.t, "axe-core (npm ci in e2e)", err == nil)
	ask(b, "load axe", chromedp.Evaluate[int](string(src)+";0"))
	out := ask(b, "axe "+label, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.map(v => v.id + ' (' + v.impact + '): ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' — ' + (n.any[0] || n.all[0] || n.none[0] || {}).message).join(' | '))))`,
		chromedp.EvalAwaitPromise))
	var violations []string
	if err := json.Unmarshal([]byte(out), &violations); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range violations {
		b.t.Errorf("axe %s: %s", label, v)
	}
}

// shotPause lets charts and diagrams finish before a picture.
const shotPause = 500 * time.Millisecond

// in is the same browser, reporting to a subtest.
func (b *browser) in(t testing.TB) *browser {
	c := *b
	c.t = t
	return &c
}

// forget drops the faults noted so far, for a step that causes one on purpose.
func (b *browser) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = nil
}

// coldCache empties the browser's cache, not its cookies.
func (b *browser) coldCache() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.ClearBrowserCache, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
}
