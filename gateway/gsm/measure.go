package gsm

// Size is what a text takes as SMS.
type Size struct {
	Alphabet Alphabet
	Length   int // septets, or UTF-16 code units in UCS-2
	Segments int
	Left     int // how many more fit before there is another segment
}

// Measure is the size of a text.
func Measure(s string) Size {
	n, ok := Septets(s)
	if !ok {
		return measured(s, Size{Alphabet: UCS2, Length: Units(s)}, SingleUnits, PartUnits, units)
	}
	return measured(s, Size{Alphabet: GSM7, Length: n}, SingleSeptets, PartSeptets, cost)
}

// measured counts the segments as [Segments] does, and what is left in the last.
func measured(s string, size Size, single, part int, cost func(rune) int) Size {
	if size.Length <= single {
		size.Segments, size.Left = min(size.Length, 1), single-size.Length
		return size
	}
	used := 0
	size.Segments = 1
	for _, r := range s {
		c := cost(r)
		if used += c; used > part {
			size.Segments, used = size.Segments+1, c
		}
	}
	size.Left = part - used
	return size
}

// Dear is the first character for which a text travels in UCS-2, and where it
// begins, in octets; -1 where there is none.
func Dear(s string) (r rune, at int) {
	for at, r := range s {
		if cost(r) == 0 {
			return r, at
		}
	}
	return 0, -1
}
