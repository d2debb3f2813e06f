package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"haat/gateway/console/account"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pages are the templates, by the language that they speak.
type pages struct{ byLanguage map[string]*template.Template }

func loadPages(t *texts, f *files) (*pages, error) {
	p := &pages{byLanguage: map[string]*template.Template{}}
	for _, code := range t.codes {
		set, err := template.New("").Funcs(functions(t, f, code)).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("pages of the console: %w", err)
		}
		p.byLanguage[code] = set
	}
	return p, nil
}

// functions are what templates can call.
func functions(t *texts, f *files, code string) template.FuncMap {
	return template.FuncMap{
		"say":  func(key string, pairs ...any) string { return t.say(code, key, pairs...) },
		"word": func(section, value string) string { return t.or(code, section+"."+value, value) },
		"dict": func(pairs ...any) map[string]any {
			all := make(map[string]any, len(pairs)/2)
			for i := 0; i+1 < len(pairs); i += 2 {
				all[fmt.Sprint(pairs[i])] = pairs[i+1]
			}
			return all
		},
		"file": func(name string) (string, error) {
			if f.address[name] == "" {
				return "", fmt.Errorf("there is no file %s", name)
			}
			return f.address[name], nil
		},
	}
}

// frame is what the layout shows around every page.
type frame struct {
	Title     string
	Language  string
	Languages []option
	Theme     string
	NextTheme string
	Here      string // the address of the page
	Page      string
	Demo      bool
	Version   string
	Operator  account.Operator
	SignedIn  bool
	Sections  []section
	MayReveal bool
	Password  bool // there is a page to change one's own
	Unseen    int  // alerts that nobody has acknowledged
	Content   any
}

// show renders a page with the layout. It renders all of it first, so that a
// fault makes no half page.
func (c *Console) show(w http.ResponseWriter, r *http.Request, status int, page, title string, content any) {
	f := c.frameOf(r, page, title, content)
	html, err := c.pages.render(f.Language, page, f)
	if err != nil {
		c.Logger.Error().Err(err).Str("page", page).Msg("a page of the console cannot be rendered")
		http.Error(w, c.texts.say(f.Language, "problem.ours"), http.StatusInternalServerError)
		return
	}
	send(w, status, html)
}

// part renders what is put into a page that is open.
func (c *Console) part(w http.ResponseWriter, r *http.Request, name string, content any) {
	html, err := c.pages.render(c.texts.of(r), name, content)
	if err != nil {
		c.Logger.Error().Err(err).Str("page", name).Msg("a part of a page of the console cannot be rendered")
		http.Error(w, c.texts.say(c.texts.of(r), "problem.ours"), http.StatusInternalServerError)
		return
	}
	send(w, http.StatusOK, html)
}

func send(w http.ResponseWriter, status int, html []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(html) // the page may have been left
}

func (p *pages) render(code, name string, data any) ([]byte, error) {
	var b bytes.Buffer
	err := p.byLanguage[code].ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}

func (c *Console) frameOf(r *http.Request, page, title string, content any) frame {
	code := c.texts.of(r)
	operator, ok := c.Gate.Of(r)
	f := frame{
		Title: c.texts.say(code, title), Language: code, Theme: themeOf(r), Here: r.URL.RequestURI(), Page: page,
		Demo: c.Demo, Version: c.Version, Operator: operator, SignedIn: ok,
		MayReveal: operator.Role.May(account.Agent), Password: c.Operators != nil, Content: content,
	}
	if ok {
		f.Sections = c.sections(r.Context(), operator.Role)
		f.Unseen = c.showAlerts(f.Sections)
	}
	for i, theme := range themes {
		if theme == f.Theme {
			f.NextTheme = themes[(i+1)%len(themes)]
		}
	}
	for _, code := range c.texts.codes {
		f.Languages = append(f.Languages, option{code, c.texts.say(code, "language.name")})
	}
	return f
}

// problem tells what is wrong and what to do, as a page.
func (c *Console) problem(w http.ResponseWriter, r *http.Request, status int, key string) {
	c.show(w, r, status, "problem", key+"_title", problemView{status, key})
}

type problemView struct {
	Status int
	Key    string
}
