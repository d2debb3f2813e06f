package parse

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// pinyinOf is how Chinese characters sound, without tones: phones offer
// characters by their sound, and people take the wrong one. It is empty where
// the name has other characters too, or only one.
func pinyinOf(canon string) string {
	var b strings.Builder
	n := 0
	for _, r := range canon {
		if !unicode.Is(unicode.Han, r) {
			return ""
		}
		sounds := pinyin.SinglePinyin(r, pinyinPlain)
		if len(sounds) == 0 {
			return ""
		}
		b.WriteString(sounds[0])
		n++
	}
	if n < 2 {
		return ""
	}
	return b.String()
}

var pinyinPlain = pinyin.NewArgs()
