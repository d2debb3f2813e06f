package index

// Fold gives the words of a text as the search compares them: without case,
// accents and other marks, one space between them.
func Fold(text string) string { return fold(text) }
