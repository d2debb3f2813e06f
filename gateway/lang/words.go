package lang

// Words are what people type in a language, as its file xx.words.yaml lists it.
// A word may stand in several lists: what it says is then decided by what
// stands around it. An entry may be several words; case, accents that people
// leave out, width and spacing do not matter.
type Words struct {
	// What a whole text says, with or without politeness around it.
	Menu         []string            `yaml:"menu"`
	Greeting     []string            `yaml:"greeting"`
	Help         []string            `yaml:"help"`
	Status       []string            `yaml:"status"`        // alone, or with an order's number
	CancelOrder  []string            `yaml:"cancel_order"`  // alone, or with an order's number
	CancelNumber []string            `yaml:"cancel_number"` // only with an order's number
	Repeat       []string            `yaml:"repeat"`
	Stop         []string            `yaml:"stop"` // counts only as the whole text, to the letter
	Start        []string            `yaml:"start"`
	Basket       []string            `yaml:"basket"`
	Language     []string            `yaml:"language"` // alone, or with the name of a language
	Called       map[string][]string `yaml:"called"`   // what people call the languages, by code

	// Buying, selling and what belongs to no order.
	Buy        []string `yaml:"buy"`         // also "sell me"
	Sell       []string `yaml:"sell"`        // "I sell"
	Filler     []string `yaml:"filler"`      // politeness, pronouns, times of the day
	NameBefore []string `yaml:"name_before"` // what stands before a person's name
	Names      []string `yaml:"names"`       // common names of people and of their places

	// Between things and around their names.
	And     []string `yaml:"and"`
	Or      []string `yaml:"or"`
	Link    []string `yaml:"link"`    // may stand or lack within a name: "of"
	Article []string `yaml:"article"` // is 1 before a thing, and nothing before a number

	// Taking back.
	Not      []string `yaml:"not"`       // negates what follows
	NotAfter []string `yaml:"not_after"` // negates what stands before
	Correct  []string `yaml:"correct"`   // what follows replaces what stands before
	Remove   []string `yaml:"remove"`    // takes what follows out

	// Numbers.
	Numbers        map[string]int      `yaml:"numbers"`         // added up: twenty + five
	Multiples      map[string]int      `yaml:"multiples"`       // multiply what stands before: two hundred, half a dozen
	MeasuresFirst  bool                `yaml:"measures_first"`  // "kilo 2", "pakiti tatu": the unit stands before its number
	MultiplesFirst bool                `yaml:"multiples_first"` // "mia mbili": the multiple stands before what it multiplies
	Fractions      map[string]string   `yaml:"fractions"`       // "1/2"; before a measure, or after one with NumberAnd
	NumberAnd      []string            `yaml:"number_and"`
	Times          []string            `yaml:"times"`
	Asking         []string            `yaml:"asking"` // questions and talk about goods, which order nothing
	Each           []string            `yaml:"each"`   // gives every thing that is named the same count
	Vague          []string            `yaml:"vague"`  // quantities that are no count
	Measures       map[string][]string `yaml:"measures"`
	LocalMeasures  map[string]string   `yaml:"local_measures"` // "250 g": a unit of its own that converts exactly
	Counters       map[string][]string `yaml:"counters"`       // what packs and pieces are called, by unit of sale

	// Numbers that count nothing.
	PhoneBefore  []string `yaml:"phone_before"`
	PlaceBefore  []string `yaml:"place_before"` // house, plot, room
	PlaceAfter   []string `yaml:"place_after"`
	DateBefore   []string `yaml:"date_before"`
	DateAfter    []string `yaml:"date_after"` // am, o'clock
	Months       []string `yaml:"months"`
	Days         []string `yaml:"days"`
	PriceBefore  []string `yaml:"price_before"`
	PriceAfter   []string `yaml:"price_after"`
	PriceOf      []string `yaml:"price_of"`       // may begin a price or a count: "soap of 50"
	PriceOfAfter []string `yaml:"price_of_after"` // may end one: "50 ka sabun"

	// Ordinary are words that look like goods and are none: never a typing error.
	Ordinary []string `yaml:"ordinary"`

	// How words change.
	Inflect   Inflect           `yaml:"inflect"`
	Dual      map[string]string `yaml:"dual"`  // endings that say "two of it", and the plain ending
	Glued     Glued             `yaml:"glued"` // words that are written onto the next one
	Compounds Compounds         `yaml:"compounds"`
	Fold      map[string]string `yaml:"fold"` // letters that people use for one another
}

// Inflect lists what a changed word begins or ends with, and what stands there
// in the plain form.
type Inflect struct {
	Begins map[string]string `yaml:"begins"`
	Ends   map[string]string `yaml:"ends"`
}

// Glued are words written onto the one behind them: Arabic "and" and "the".
type Glued struct {
	And     []string `yaml:"and"`
	For     []string `yaml:"for"` // before the people that goods are for
	Article []string `yaml:"article"`
}

// Compounds tells where a compound name says what kind of thing it is: a milk
// powder is a powder, farine de blé is farine.
type Compounds string

// Where the head of a compound stands.
const (
	HeadFirst Compounds = "head_first"
	HeadLast  Compounds = "head_last"
)
