package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed static
var staticFiles embed.FS

// files are what pages load. A file's address has a hash of what is in it, so
// that browsers keep it for ever and yet never show an old one.
type files struct {
	address map[string]string // by the file's name
	content map[string][]byte // by the last part of the address
}

func loadFiles() (*files, error) {
	f := &files{address: map[string]string{}, content: map[string][]byte{}}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name, data, err := readStatic(entry)
		if err != nil {
			return nil, err
		}
		hash := sha256.Sum256(data)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(hash[:6]) + ext
		f.address[name], f.content[hashed] = "/static/"+hashed, data
	}
	return f, nil
}

// readStatic reads a file, or puts those of a folder together: css/ has a file
// for each page and js/ likewise, of which browsers get one console.css and one
// console.js.
func readStatic(entry fs.DirEntry) (name string, data []byte, err error) {
	name = entry.Name()
	at := path.Join("static", name)
	if !entry.IsDir() {
		data, err = staticFiles.ReadFile(at)
		return name, data, err
	}
	parts, err := staticFiles.ReadDir(at)
	if err != nil {
		return "", nil, err
	}
	for _, part := range parts {
		text, err := staticFiles.ReadFile(path.Join(at, part.Name()))
		if err != nil {
			return "", nil, err
		}
		data = append(append(data, text...), '\n')
	}
	return "console." + name, data, nil
}

// static serves a file. Its plain name is good too, for pages that do not know
// the hash, but is asked for anew each time.
func (c *Console) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	data, ok := c.files.content[name]
	keep := "public, max-age=31536000, immutable"
	if !ok {
		keep = "no-cache"
		data, ok = c.files.content[path.Base(c.files.address[name])]
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", keep)
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}
