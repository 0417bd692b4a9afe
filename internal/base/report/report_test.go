package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample(t *testing.T) *Report {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 900, 400))); err != nil {
		t.Fatal(err)
	}
	return &Report{
		Title: `a < b & "c" </script>`,
		Facts: []Fact{{"instances", "20"}, {"data", strings.Repeat("long", 100)}},
		Tables: []Table{{
			Caption: "methods",
			Columns: []Column{{"method", false}, {"gap (%)", true}},
			Rows:    [][]Cell{{{"delta <i>", ""}, {"10", "10"}}, {{"alpha", ""}, {"9", "9"}}, {{"gamma", ""}, {"", ""}}, {{"beta", ""}, {"-1", "-1e0"}}},
		}},
		Charts: []Chart{{Caption: "a chart", PNG: b.Bytes()}},
		Foot:   "spinlearn",
	}
}

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	if err := sample(t).Write(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		"<title>a &lt; b &amp; &#34;c&#34; &lt;/script&gt;</title>", "delta &lt;i&gt;", `data-key="-1e0"`, "data:image/png;base64,iVBOR", "<footer>spinlearn</footer>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Count(page, "</script>") != 1 || strings.Contains(page, "ZgotmplZ") {
		t.Error("the page is not escaped as it should be")
	}
	if outside := regexp.MustCompile(`(https?:)?//[a-z]|@import|url\(`).FindString(regexp.MustCompile(`base64,[^"]*`).ReplaceAllString(page, "")); outside != "" {
		t.Errorf("the page names something outside: %s", outside)
	}
	again := bytes.Buffer{}
	if err := sample(t).Write(&again); err != nil || again.String() != page {
		t.Errorf("another page the second time: %v", err)
	}
}

// browser returns a Chromium, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium is installed")
	return ""
}

// show opens a page with a script of the test's own added and returns what the script
// is worth, as JSON, and what the browser says on the console. The page stands in a frame,
// since windows are at least 500 pixels wide.
func show(t *testing.T, chromium, page, script string, width int, result any) (console string) {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "frame.html")
	page = strings.Replace(page, "</body>", "<script>parent.postMessage(JSON.stringify("+script+"), '*')</script></body>", 1)
	frame := fmt.Sprintf(`<!DOCTYPE html><title></title><script>onmessage = e => document.title = e.data</script><iframe src="page.html" width="%d" height="900" frameborder="0"></iframe>`, width)
	for name, text := range map[string]string{name: frame, filepath.Join(dir, "page.html"): page} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, "profile"), "--enable-logging=stderr",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1400,1000", "--virtual-time-budget=2000", "--dump-dom", "file://"+name)
	var out, log bytes.Buffer
	c.Stdout, c.Stderr = &out, &log
	c.WaitDelay = time.Second
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	title := regexp.MustCompile(`<title>(.*?)</title>`).FindStringSubmatch(out.String())
	if title == nil {
		t.Fatalf("no title in %.500s", out.String())
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(title[1])), result); err != nil {
		t.Fatalf("title %s: %v", title[1], err)
	}
	return strings.Join(regexp.MustCompile(`(?m)^.*CONSOLE.*$`).FindAllString(log.String(), -1), "\n")
}

func TestInBrowser(t *testing.T) {
	chromium := browser(t)
	var b bytes.Buffer
	if err := sample(t).Write(&b); err != nil {
		t.Fatal(err)
	}
	// Each click sorts what the one before has left.
	want := [][]string{
		{"delta <i>", "alpha", "gamma", "beta"},
		{"alpha", "beta", "delta <i>", "gamma"}, // method
		{"gamma", "delta <i>", "beta", "alpha"}, // method again
		{"beta", "alpha", "delta <i>", "gamma"}, // gap
		{"delta <i>", "alpha", "beta", "gamma"}, // gap again
		{"alpha", "beta", "delta <i>", "gamma"}, // method
		{"beta", "alpha", "delta <i>", "gamma"}, // gap
	}
	var got [][]string
	console := show(t, chromium, b.String(), `[-1, 0, 0, 1, 1, 0, 1].map(column => {
if (column >= 0) document.querySelectorAll("th button")[column].click();
return [...document.querySelectorAll("tbody tr")].map(r => r.cells[0].textContent);
})`, 1280, &got)
	if console != "" {
		t.Errorf("the console says %s", console)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order after clicks (-want +got):\n%s", diff)
	}
	var blocked bool // that what should be noticed is
	if console := show(t, chromium, b.String(), `(console.error("noticed"), fetch("https://example.org/").catch(() => {}), true)`, 1280, &blocked); !strings.Contains(console, "noticed") || !strings.Contains(console, "Content Security Policy") {
		t.Errorf("the console says %q", console)
	}
	for _, width := range []int{1280, 400} {
		var size struct{ Page, Window, Image, Natural int }
		show(t, chromium, b.String(), `{Page: document.documentElement.scrollWidth, Window: innerWidth,
Image: document.images[0].clientWidth, Natural: document.images[0].naturalWidth}`, width, &size)
		if size.Page > size.Window || size.Image < 600 || size.Natural != 900 || size.Window != width {
			t.Errorf("width %d: %+v", width, size)
		}
	}
}
