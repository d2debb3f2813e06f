package gsm

// Parts cuts a text into the short messages that it takes: as many as
// [Segments] says, none for an empty text. Joined they are the text again, and
// each holds whole characters only, so that no escape or surrogate pair is torn.
func Parts(s string) []string {
	n, ok := Septets(s)
	if !ok {
		return parts(s, Units(s), SingleUnits, PartUnits, units)
	}
	return parts(s, n, SingleSeptets, PartSeptets, cost)
}

// PartsUCS2 is Parts where the text goes in UCS-2 though GSM-7 has it all,
// because whoever carries it has not.
func PartsUCS2(s string) []string {
	return parts(s, Units(s), SingleUnits, PartUnits, units)
}

func parts(s string, length, single, part int, cost func(rune) int) []string {
	if length == 0 {
		return nil
	}
	if length <= single {
		return []string{s}
	}
	var all []string
	begin, used := 0, 0
	for i, r := range s {
		c := cost(r)
		if used += c; used > part {
			all = append(all, s[begin:i])
			begin, used = i, c
		}
	}
	return append(all, s[begin:])
}
