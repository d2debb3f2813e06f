package parse

import (
	"strings"
	"sync"
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
		sound := plainSounds()[r]
		if sound == "" {
			return ""
		}
		b.WriteString(sound)
		n++
	}
	if n < 2 {
		return ""
	}
	return b.String()
}

// plainSounds are the commonest sounds of the characters that phones offer.
var plainSounds = sync.OnceValue(func() map[rune]string {
	sounds, plain := map[rune]string{}, pinyin.NewArgs()
	for _, block := range unicode.Han.R16 {
		for r := rune(block.Lo); r <= rune(block.Hi); r += rune(block.Stride) {
			if s := pinyin.SinglePinyin(r, plain); len(s) > 0 {
				sounds[r] = s[0]
			}
		}
	}
	return sounds
})
