package parse

import (
	"fmt"
	"slices"
	"sort"
	"unicode/utf8"

	"haat/catalog"
	"haat/gateway/lang"
)

// index finds products by what people call them. It is built once for a
// catalogue and then only read.
type index struct {
	products  []product
	bySKU     map[string]int32
	skus      map[string]int32 // by the code's canon
	byNumber  map[int]int32    // by keypad number
	full      map[string]int32 // whole names with signs in them, as the menu shows them
	fullBegin map[string]int
	skuBegin  map[string]int // the first atom of a code -> how many atoms the longest such code has
	vocabulary
	phrases map[phraseKey]*phrase
	spoken  map[class]uint32    // languages whose names have the word, by their places
	byWord  map[class][]int32   // products with the word in any name
	han     map[string]*phrase  // names with Chinese characters, by their canon
	hanMost int                 // of how many atoms the longest of them is
	sound   map[string][]string // names of Chinese characters by how they sound
}

// product is what the parser must know of a catalogue's product.
type product struct {
	*catalog.Product
	sizes  []size   // what its names measure
	packs  []amount // counts that are part of its names: (25)
	words  []class  // of all its names, sorted
	boxed  bool     // its names say that it is a box: a carton of soap
	solo   []class  // words that are a name of it by themselves
	heads  []class  // what its names say it is: the flour of maize flour
	family int32    // products of one family share a name
}

// phrase is one name and the products that have it.
type phrase struct {
	products []int32
	generic  bool // a word of several names: what is asked about, never ordered
}

// phraseKey is a name by its content words, in order of their classes: people
// leave linking words out and turn words round.
type phraseKey [6]class

// key sorts content words; not ok when there are none or too many.
func key(words []class) (k phraseKey, ok bool) {
	if len(words) == 0 || len(words) > len(k) {
		return k, false
	}
	n := 0
	for _, w := range words {
		at := n
		for at > 0 && k[at-1] > w {
			at--
		}
		if at > 0 && k[at-1] == w {
			continue // said twice
		}
		copy(k[at+1:n+1], k[at:n])
		k[at] = w
		n++
	}
	return k, true
}

// name is one name of a product in atoms, without what it measures.
type name struct {
	product int32
	canon   string // of a name with Chinese characters
	words   []string
	spoken  uint32         // the languages that it is in, by their places; none of an alias
	head    lang.Compounds // which of the words says what it is; empty: not known
}

// newIndex reads all names of the catalogue with the reader, which knows the
// words of measures and numbers.
func newIndex(c *catalog.Catalog, r *reader) *index {
	x := &index{
		bySKU: map[string]int32{}, skus: map[string]int32{}, full: map[string]int32{}, fullBegin: map[string]int{}, byNumber: map[int]int32{}, skuBegin: map[string]int{},
		spoken: map[class]uint32{}, phrases: map[phraseKey]*phrase{}, han: map[string]*phrase{}, sound: map[string][]string{},
	}
	var names []name
	for i, p := range c.Products() {
		x.products = append(x.products, product{Product: p, family: int32(i)})
		x.addSKU(r.fold.scan(p.SKU), int32(i))
		x.bySKU[p.SKU] = int32(i)
		if p.Number > 0 {
			x.byNumber[p.Number] = int32(i)
		}
		names = append(names, x.names(int32(i), r)...)
	}
	x.vocabulary = newVocabulary(names, r.inflections())
	for _, n := range names {
		x.add(n, r)
	}
	for _, n := range names {
		x.addUnpacked(n, r)
	}
	x.families()
	x.generics()
	return x
}

func (x *index) addSKU(s *scanned, i int32) {
	if len(s.atoms) == 0 {
		return
	}
	x.skus[string(s.canon)] = i
	first := s.text(s.atoms[0])
	x.skuBegin[first] = max(x.skuBegin[first], len(s.atoms))
}

// addFull knows a name with brackets or commas to the letter: people copy what
// the menu shows, and its numbers are no counts then.
func (x *index) addFull(s *scanned, i int32) {
	if len(s.atoms) < 2 || !slices.ContainsFunc(s.atoms, func(a atom) bool { return a.kind == sign }) {
		return
	}
	x.full[string(s.canon)] = i
	first := s.text(s.atoms[0])
	x.fullBegin[first] = max(x.fullBegin[first], len(s.atoms))
}

// names are all names of a product, and what they measure.
func (x *index) names(i int32, r *reader) []name {
	p := &x.products[i]
	var list []name
	add := func(text, language string) {
		x.addFull(r.fold.scan(text), i)
		n, measured := r.name(text, language)
		p.sizes = appendNew(p.sizes, measured.sizes...)
		p.packs = appendNew(p.packs, measured.packs...)
		for _, one := range n {
			one.product, one.spoken = i, r.spoken(language)
			list = append(list, one)
		}
	}
	for _, language := range sortedKeys(p.Names) {
		add(p.Names[language], language)
	}
	for _, language := range sortedKeys(p.Short) {
		add(p.Short[language], language)
	}
	for _, alias := range p.Aliases {
		add(alias, "")
	}
	return list
}

func appendNew[T comparable](list []T, more ...T) []T {
	for _, v := range more {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// add puts a name in the index.
func (x *index) add(n name, r *reader) {
	p := &x.products[n.product]
	if n.canon != "" {
		x.addHan(n)
		return
	}
	classes := make([]class, len(n.words))
	for i, w := range n.words {
		classes[i] = x.exact[w]
		x.spoken[classes[i]] |= n.spoken
	}
	p.words = appendNew(p.words, classes...)
	p.boxed = p.boxed || p.Unit == "box" && slices.ContainsFunc(n.words, func(w string) bool { return r.counters[w] == "box" })
	switch n.head {
	case lang.HeadFirst:
		p.heads = appendNew(p.heads, classes[0])
	case lang.HeadLast:
		p.heads = appendNew(p.heads, classes[len(classes)-1])
	}
	k, ok := key(classes)
	if !ok {
		return
	}
	if x.phrases[k] == nil {
		x.phrases[k] = &phrase{}
	}
	x.phrases[k].products = appendNew(x.phrases[k].products, n.product)
	if len(classes) == 1 {
		p.solo = appendNew(p.solo, classes[0])
	}
}

// addUnpacked also knows a name without the pack that it ends with, where
// nothing else is called that: tomato paste, without the tin.
func (x *index) addUnpacked(n name, r *reader) {
	last := len(n.words) - 1
	if last < 2 || r.counters[n.words[last]] == "" {
		return
	}
	n.words = n.words[:last]
	classes := make([]class, last)
	for i, w := range n.words {
		classes[i] = x.exact[w]
	}
	if k, ok := key(classes); ok && x.phrases[k] == nil {
		x.add(n, r)
	}
}

func (x *index) addHan(n name) {
	if x.han[n.canon] == nil {
		x.han[n.canon] = &phrase{}
		if sound := pinyinOf(n.canon); sound != "" {
			x.sound[sound] = append(x.sound[sound], n.canon)
		}
	}
	x.han[n.canon].products = appendNew(x.han[n.canon].products, n.product)
	x.hanMost = max(x.hanMost, len([]rune(n.canon)))
}

// families joins products that share a name: sizes of one thing.
func (x *index) families() {
	join := func(p *phrase) {
		slices.Sort(p.products)
		for _, i := range p.products[1:] {
			x.products[i].family = min(x.products[i].family, x.products[p.products[0]].family)
		}
	}
	for _, p := range x.phrases {
		join(p)
	}
	for _, p := range x.han {
		join(p)
	}
}

// mostGeneric is of how many products a word of their names can be. Words of
// more tell too little to ask about.
const mostGeneric = 200

// generics makes every word of longer names something to ask about: "battery"
// where there are small and big batteries.
func (x *index) generics() {
	offers := map[class][]int32{}
	for i := range x.products {
		slices.Sort(x.products[i].words)
		for _, w := range x.products[i].words {
			offers[w] = append(offers[w], int32(i))
		}
	}
	x.byWord = offers
	x.senses()
	for w, products := range offers {
		if k, _ := key([]class{w}); x.phrases[k] == nil {
			products = x.headed(w, products)
			x.phrases[k] = &phrase{products: products[:min(len(products), mostGeneric)], generic: true}
		}
	}
	x.hanGenerics()
}

// headed are those of the products whose names say that they are the thing, or
// all of them where none does: who asks for flour does not mean powdered milk.
func (x *index) headed(w class, products []int32) []int32 {
	var list []int32
	for _, i := range products {
		if slices.Contains(x.products[i].heads, w) {
			list = append(list, i)
		}
	}
	if len(list) > 0 {
		return list
	}
	return products
}

// isHead tells whether any of the products is called by a word for what it is.
func (x *index) isHead(w class, products []int32) bool {
	return slices.ContainsFunc(products, func(i int32) bool { return slices.Contains(x.products[i].heads, w) })
}

// senses tells which words mean the same goods: those that are a name by
// themselves mean what it names.
func (x *index) senses() {
	x.sense = make([]int32, len(x.words))
	ids := map[string]int32{}
	for w := 1; w < len(x.words); w++ {
		products := x.byWord[class(w)]
		if k, _ := key([]class{class(w)}); x.phrases[k] != nil {
			products = x.phrases[k].products
		}
		id := fmt.Sprint(products)
		if ids[id] == 0 {
			ids[id] = int32(len(ids) + 1)
		}
		x.sense[w] = ids[id]
	}
}

// hanGenerics does the same for what Chinese names end with: 种子, 电池.
func (x *index) hanGenerics() {
	offers := map[string][]int32{}
	for canon, p := range x.han {
		runes := []rune(canon)
		for from := 1; from <= len(runes)-2; from++ {
			end := string(runes[from:])
			offers[end] = appendNew(offers[end], p.products...)
		}
		for _, f := range x.inflect { // 钉子 is what 木工钉 and 屋顶钉 are
			if _, ends := kindOfFirst(f.from); ends && f.ending && f.to == "" {
				end := string(runes[len(runes)-1:]) + f.from
				offers[end] = appendNew(offers[end], p.products...)
			}
		}
	}
	for end, products := range offers {
		if x.han[end] == nil && x.severalFamilies(products) {
			slices.Sort(products)
			x.han[end] = &phrase{products: products, generic: true}
		}
	}
}

// kindOfFirst tells whether an ending is of Chinese characters.
func kindOfFirst(ending string) (k kind, chinese bool) {
	r, _ := utf8.DecodeRuneInString(ending)
	k, ok := kindOf(r)
	return k, ok && k == han
}

func (x *index) severalFamilies(products []int32) bool {
	for _, i := range products {
		if x.products[i].family != x.products[products[0]].family {
			return true
		}
	}
	return false
}

// has tells whether a word is part of one of the product's names.
func (p *product) has(w class) bool {
	_, ok := slices.BinarySearch(p.words, w)
	return ok
}

// fits tells whether the product is sold in this size.
func (p *product) fits(s size) bool { return slices.Contains(p.sizes, s) }
