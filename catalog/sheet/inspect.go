package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"io"
	"strings"
)

// inspect refuses what would be lost or would do harm when only values are read.
// It reads the parts as text, one tag at a time, and unpacks no more than is
// allowed.
func inspect(file []byte) error {
	parts, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return wrong("sheet_damaged")
	}
	left := int64(maxUnpacked)
	for _, part := range parts.File {
		if strings.HasSuffix(strings.ToLower(part.Name), "vbaproject.bin") {
			return wrong("sheet_macros")
		}
		if int64(part.UncompressedSize64) > left || part.UncompressedSize64 > maxUnpacked {
			return wrong("sheet_unpacked")
		}
		if !strings.HasPrefix(part.Name, "xl/worksheets/") {
			left -= int64(part.UncompressedSize64)
			continue
		}
		n, err := inspectSheet(part, left)
		if err != nil {
			return err
		}
		if left -= n; left < 0 {
			return wrong("sheet_unpacked")
		}
	}
	return nil
}

// inspectSheet tells how much there is of a sheet, and what is wrong with it.
func inspectSheet(part *zip.File, most int64) (int64, error) {
	body, err := part.Open()
	if err != nil {
		return 0, wrong("sheet_damaged")
	}
	defer body.Close()
	counted := &counter{r: io.LimitReader(body, most+1)}
	tags := bufio.NewReader(counted)
	var c cell
	for {
		text, err := tags.ReadSlice('>')
		if err == bufio.ErrBufferFull {
			continue // a long text; its tag comes
		}
		if err == io.EOF {
			return counted.n, nil
		}
		if err != nil {
			return 0, wrong("sheet_damaged")
		}
		at := max(bytes.LastIndexByte(text, '<'), 0)
		tag := string(text[at:])
		switch c.read(tag, at > 0) {
		case isMerged:
			return 0, wrong("sheet_merged", "where", where(tag))
		case lacksResult:
			return 0, wrong("sheet_formula")
		}
	}
}

// cell is what is known of a cell within its tags.
type cell struct{ text, formula, result bool }

// fault is what is wrong with a cell.
type fault int

const (
	isWell fault = iota
	isMerged
	lacksResult
)

// read takes the next tag, and whether a text stood before it.
func (c *cell) read(tag string, text bool) fault {
	name, _, _ := strings.Cut(strings.Trim(tag, "<>"), " ")
	switch strings.TrimSuffix(name, "/") {
	case "mergeCell":
		return isMerged
	case "c":
		*c = cell{text: strings.Contains(tag, `t="str"`)}
	case "f", "/f":
		c.formula = true
	case "v":
		c.result = c.result || c.text // an empty text is a result, too
	case "/v":
		c.result = c.result || text
	case "/c":
		if c.formula && !c.result {
			return lacksResult
		}
	}
	return isWell
}

// where is the ref="A1:B2" of a tag in words.
func where(tag string) string {
	_, rest, found := strings.Cut(tag, `ref="`)
	ref, _, closed := strings.Cut(rest, `"`)
	if !found || !closed || len(ref) > 20 {
		return ""
	}
	return " (" + ref + ")"
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
