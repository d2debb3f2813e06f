package dialogue

import "haat/gateway/lang"

// hint says what was wrong with the last answer, in the language and the length
// of the screen that it will stand on.
type hint func(*lang.Language) string

func hintChoice(l *lang.Language) string   { return l.Phrases.HintChoice.String() }
func hintQuantity(l *lang.Language) string { return l.Phrases.HintQuantity.String() }
func hintKeyMore(l *lang.Language) string  { return l.Phrases.HintKeyMore.String() }
func hintLastPage(l *lang.Language) string { return l.Phrases.HintLastPage.String() }
func hintReadOn(l *lang.Language) string   { return l.Phrases.HintReadOn.String() }
func hintListNew(l *lang.Language) string  { return l.Phrases.HintListNew.String() }
func hintTooMany(l *lang.Language) string  { return l.Phrases.HintTooMany.String() }
func hintGone(l *lang.Language) string     { return l.Phrases.HintGone.String() }
func hintUnclear(l *lang.Language) string  { return l.Phrases.HintUnclear.String() }

func hintFull(l *lang.Language) string {
	return l.Phrases.HintFull.With("max", l.Number(MaxLines))
}

func hintLeftOut(word string) hint {
	return func(l *lang.Language) string { return l.Phrases.HintLeftOut.With("word", word) }
}

// What is news rather than a mistake stands in the same place.

func hintStarted(l *lang.Language) string     { return l.Phrases.Started.String() }
func hintBasketEmpty(l *lang.Language) string { return l.Phrases.BasketEmpty.String() }
func hintNoStations(l *lang.Language) string  { return l.Phrases.NoStations.String() }
func hintRepeatNone(l *lang.Language) string  { return l.Phrases.RepeatNone.String() }

func hintOrderUnknown(number string) hint {
	return func(l *lang.Language) string { return l.Phrases.OrderUnknown.With("number", number) }
}

func hintCollectAt(station string) hint {
	return func(l *lang.Language) string { return l.Phrases.CollectAt.With("station", station) }
}
