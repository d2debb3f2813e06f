package orders

// Charge is what one SMS about an order has cost. It counts once for its Ref,
// however often it is told.
type Charge struct {
	Order    string `json:"order"` // the order's id
	Ref      string `json:"ref"`   // id of the SMS
	Segments int    `json:"segments"`
	Micros   int64  `json:"micros,omitempty"` // millionths of the currency
	Currency string `json:"currency,omitempty"`
}

// Messages are the SMS that told of an order, added up.
type Messages struct {
	Count    int
	Segments int
	Costs    map[string]int64 // millionths by currency
}
