package safetext

import (
	"encoding/json"
	"strconv"
	"testing"
)

func TestTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "run 1/ä β ±J \"x\" \\": "run 1/ä β ±J \"x\" \\", "a\x1b[31mb": `a\x1b[31mb`, "a\nb\tc\r": `a\nb\tc\r`, "\u009b2J": `\u009b2J`,
		"\u202eabc": `\u202eabc`, "\xff\xfe": `\xff\xfe`, "a\x00\x7f": `a\x00\x7f`, "\U000e0041": `\U000e0041`, "\ufffd": "\ufffd",
	} {
		if got := Terminal(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "run": "run", "=1+2": "'=1+2", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "a=1": "a=1",
	} {
		if got := Cell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzSafe(f *testing.F) {
	f.Add("run")
	f.Add("\x1b]0;x\a\u009b2J\u202e\U000e0041\xff")
	f.Fuzz(func(t *testing.T, text string) {
		safe := Terminal(text)
		if Terminal(safe) != safe {
			t.Errorf("%q became %q", text, safe)
		}
		encoded, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var before, after string
		if err := json.Unmarshal(encoded, &before); err != nil {
			t.Fatal(err)
		}
		harmless := JSON(append(encoded, '\n'))
		if err := json.Unmarshal(harmless, &after); err != nil || before != after {
			t.Errorf("%q became %q, %v", before, after, err)
		}
		for _, r := range safe + string(harmless[:len(harmless)-1]) {
			if !strconv.IsPrint(r) {
				t.Errorf("%q and %q hold %q", safe, harmless, r)
			}
		}
	})
}
