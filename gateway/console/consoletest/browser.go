package consoletest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Patience is how long a test waits for what a browser does: much longer than it
// takes, since machines that test are busy.
const Patience = 30 * time.Second

// Browser is a real one, without a window. It ends with the test.
type Browser struct {
	t        testing.TB
	ctx      context.Context
	problems func() []string // what its console complained about since the last call
}

// Size is that of a screen, in CSS pixels.
type Size struct {
	Name          string
	Width, Height int64
	Phone         bool // a touch screen with two dots a pixel
}

// The sizes that pages are tried at.
var (
	Desktop = Size{"desktop", 1280, 800, false}
	Tablet  = Size{"tablet", 820, 1180, false}
	Phone   = Size{"phone", 360, 740, true}
)

// Open starts Debian's chromium. Without it the test is skipped, or fails where
// CI=true.
func Open(t testing.TB) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		lacks(t, "chromium is missing: run `make tools` to run this test")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		// Nothing leaves this machine.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en-GB"), chromedp.Flag("accept-lang", "en-GB"),
	)
	if os.Geteuid() == 0 { // its sandbox cannot be made by root
		options = append(options, chromedp.NoSandbox)
	}
	starter, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(starter)
	t.Cleanup(func() {
		cancel()
		stop()
	})
	// The first action starts the browser: it must not be bound to a time.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	return &Browser{t: t, ctx: ctx, problems: complaints(ctx)}
}

// complaints collects what the console of a browser warns of.
func complaints(ctx context.Context) func() []string {
	var mu sync.Mutex
	var all []string
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning || m.IsException() {
				mu.Lock()
				all = append(all, m.Text+" "+m.URL)
				mu.Unlock()
			}
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		now := all
		all = nil
		return now
	}
}

// lacks ends a test that cannot run here.
func lacks(t testing.TB, message string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
	}
	t.Skip(message)
}

// Quiet fails the test if the browser complained about a page.
func (b *Browser) Quiet() {
	b.t.Helper()
	for _, p := range b.problems() {
		b.t.Errorf("the browser complains: %s", p)
	}
}

// Forget drops what the browser complained about so far: it counts an answer
// that says no as an error, too.
func (b *Browser) Forget() { b.problems() }

// Do does some things, and fails the test where one does not work in time.
func (b *Browser) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.do("what it was told", actions...)
}

func (b *Browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("the browser did not do %s: %v", what, err)
	}
}

// See makes the browser's screen one of a size, in a theme: "light" or "dark".
func (b *Browser) See(s Size, theme string) {
	b.t.Helper()
	scale := 1.0
	if s.Phone {
		scale = 2
	}
	b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, errSize := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: s.Width, Height: s.Height, DeviceScaleFactor: scale, Mobile: s.Phone})
		_, errTouch := cdp.Call(ctx, t, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: s.Phone})
		_, errTheme := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		return errors.Join(errSize, errTouch, errTheme)
	}))
}

// Go opens an address, and waits for the page.
func (b *Browser) Go(address string) {
	b.t.Helper()
	b.do("go to "+address, chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("#main")))
}

// Until waits until an expression of the page's language is true.
func (b *Browser) Until(what, expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		// While a page goes over into the next there is nobody to ask.
		done, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && done {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.t.Fatalf("this did not happen: %s: %s (%v)", what, expression, err)
		}
	}
}

// Text is the value of an expression as a text.
func (b *Browser) Text(expression string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		b.t.Fatalf("the browser: %s: %v", expression, err)
	}
	return text
}

// Press presses keys, one after the other. What the page does with one is done
// before a field hears of it, as with real keys.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	if strings.ContainsFunc(keys, func(r rune) bool { return !unicode.IsPrint(r) }) {
		b.Do(chromedp.KeyEvent(keys))
		return
	}
	for _, key := range keys {
		b.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyDown", Key: string(key), Text: string(key)})
			_, errUp := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyUp", Key: string(key)})
			return errors.Join(err, errUp)
		}))
	}
}

// Click clicks on what a selector finds first, once it can be seen.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.onNode("click on "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// onNode does something with a node, and finds it again where the page has put
// another one in its place between the finding and the doing: nothing was done
// yet, and the browser says -32000, that there is no such node, or none with a place.
func (b *Browser) onNode(what string, action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	err := chromedp.Do(ctx, action)
	for err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "(-32000)") {
		err = chromedp.Do(ctx, action)
	}
	if err != nil {
		b.t.Fatalf("the browser did not do %s: %v", what, err)
	}
}

// ClickSlowly is a click of which the button goes up only when something else has
// happened and the page has been at the server and back, as fingers are slower
// than a network: what is pressed must not go away meanwhile.
func (b *Browser) ClickSlowly(selector string, meanwhile func()) {
	b.t.Helper()
	var at struct{ X, Y float64 }
	where := fmt.Sprintf(`(() => { const box = document.querySelector(%q).getBoundingClientRect(); return JSON.stringify({X: box.x + box.width / 2, Y: box.y + box.height / 2}) })()`, selector)
	if err := json.Unmarshal([]byte(b.Text(where)), &at); err != nil {
		b.t.Fatal(err)
	}
	mouse := func(event input.DispatchMouseEventType) {
		b.do("press "+selector, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: event, X: at.X, Y: at.Y, Button: input.MouseButtonLeft, ClickCount: 1})
			return err
		}))
	}
	mouse("mousePressed")
	meanwhile()
	b.Do(chromedp.Evaluate[chromedp.Void](`(async () => { for (let i = 0; i < 10; i++) await fetch(location.href); })()`, chromedp.EvalAwaitPromise))
	mouse("mouseReleased")
}

// Fill types into a field.
func (b *Browser) Fill(selector, text string) {
	b.t.Helper()
	b.onNode("type into "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Choose takes an option of a select, as a person does: the page hears of it.
func (b *Browser) Choose(selector, value string) {
	b.t.Helper()
	b.Do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const select = document.querySelector(%q);
		select.value = %q;
		select.dispatchEvent(new Event("change", {bubbles: true}));
	})()`, selector, value)))
}

// Picture takes one of what is to be seen. It is kept where HAAT_PICTURES says,
// so that somebody can look at it.
func (b *Browser) Picture(name string) {
	b.t.Helper()
	dir := os.Getenv("HAAT_PICTURES")
	if dir == "" {
		dir = b.t.TempDir()
	}
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil || len(png) == 0 {
		b.t.Fatalf("the picture %s: %d octets, %v", name, len(png), err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Error(err)
	}
}

// violation is what axe finds wrong in a page.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Accessible lets axe-core look at the page: whatever it finds by the rules of
// WCAG 2.2 AA fails the test.
func (b *Browser) Accessible(name string) {
	b.t.Helper()
	axe, err := os.ReadFile(filepath.Join(moduleRoot(b.t), "gateway", "channel", "channeltest", "node", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		lacks(b.t, "axe-core is missing: run `make tools` to run this test")
	}
	// Moving things are looked at when they have come to rest, and what keeps its
	// place while one scrolls lies where it belongs: what it covers is chance.
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	b.Do(chromedp.Evaluate[chromedp.Void](string(axe) + ";0"))
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => {
		await Promise.allSettled(document.getAnimations().filter(a => a.effect.getTiming().iterations !== Infinity).map(a => a.finished));
		const sticky = [...document.querySelectorAll("body *")].filter(e => getComputedStyle(e).position === "sticky");
		for (const each of sticky) each.style.position = "static";
		const result = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]});
		for (const each of sticky) each.style.position = "";
		return JSON.stringify(result.violations);
	})()`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("axe: %v", err)
	}
	var violations []violation
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range violations {
		var where strings.Builder
		for i, n := range v.Nodes {
			if i == 3 {
				fmt.Fprintf(&where, "\n\tand %d more", len(v.Nodes)-i)
				break
			}
			fmt.Fprintf(&where, "\n\t%.200s\n\t\t%s", n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n\t\t"))
		}
		b.t.Errorf("%s: axe finds %s: %s%s", name, v.ID, v.Help, &where)
	}
}

// moduleRoot is the folder of go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("the test does not run within the module")
		}
		dir = filepath.Dir(dir)
	}
}
