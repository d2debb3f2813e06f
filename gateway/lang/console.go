package lang

import (
	"embed"
	"io/fs"
)

//go:embed console
var console embed.FS

// Console has a folder for each language that operators' pages speak, with what
// they say.
func Console() fs.FS {
	pages, _ := fs.Sub(console, "console") // the folder is there
	return pages
}

// Operators are the codes of the languages that operators' pages speak, in
// alphabetical order.
func Operators() (codes []string) {
	folders, _ := fs.ReadDir(Console(), ".") // an embedded folder can always be read
	for _, f := range folders {
		codes = append(codes, f.Name())
	}
	return codes
}
