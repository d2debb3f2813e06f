package orders

// Stock is how much of a product is left.
type Stock struct {
	Left    int  `json:"left"`
	Counted bool `json:"counted"` // when false it never runs out
}
