package lang

// Phrases is everything that is said, one field a phrase. Every language has
// every one of them: Load refuses a file that lacks a phrase, has one too many
// or uses other placeholders than English.
type Phrases struct {
	// The labels of the fixed keys 98, 0 and 00.
	More Phrase `yaml:"more"`
	Back Phrase `yaml:"back"`
	Home Phrase `yaml:"home"`

	// Main menu and what leads to it.
	LanguageTitle Phrase `yaml:"language_title"`
	MenuTitle     Phrase `yaml:"menu_title"`
	MenuShop      Phrase `yaml:"menu_shop"`
	MenuBasket    Phrase `yaml:"menu_basket"`
	MenuBasketOf  Phrase `yaml:"menu_basket_of"` // {n} kinds of goods
	MenuOrders    Phrase `yaml:"menu_orders"`
	MenuStation   Phrase `yaml:"menu_station"`
	MenuHelp      Phrase `yaml:"menu_help"`
	ResumeTitle   Phrase `yaml:"resume_title"`
	AndMore       Phrase `yaml:"and_more"` // {n} lines that are not shown
	GoOn          Phrase `yaml:"go_on"`
	StartAgain    Phrase `yaml:"start_again"`

	// Shopping.
	CategoriesTitle Phrase `yaml:"categories_title"`
	ProductsTitle   Phrase `yaml:"products_title"` // {category} {currency}
	NothingSold     Phrase `yaml:"nothing_sold"`
	HowMany         Phrase `yaml:"how_many"`     // {name} {unit} {price}
	HowManyNow      Phrase `yaml:"how_many_now"` // {name} {unit} {price} {qty}

	// Basket.
	BasketTitle    Phrase `yaml:"basket_title"`
	BasketEmpty    Phrase `yaml:"basket_empty"`
	Line           Phrase `yaml:"line"`  // {qty} {name} {amount}
	Total          Phrase `yaml:"total"` // {total}
	CheckOut       Phrase `yaml:"check_out"`
	AddMore        Phrase `yaml:"add_more"`
	Change         Phrase `yaml:"change"`
	ChangeTitle    Phrase `yaml:"change_title"`
	ChangeQuantity Phrase `yaml:"change_quantity"`
	Remove         Phrase `yaml:"remove"`

	// Checking out.
	StationTitle Phrase `yaml:"station_title"`
	StationNow   Phrase `yaml:"station_now"` // {station}
	NoStations   Phrase `yaml:"no_stations"`
	ConfirmTitle Phrase `yaml:"confirm_title"`
	CollectAt    Phrase `yaml:"collect_at"` // {station}
	Confirm      Phrase `yaml:"confirm"`
	PriceChanged Phrase `yaml:"price_changed"` // {name} {old} {new}
	ProductGone  Phrase `yaml:"product_gone"`  // {name}

	// The processor's word on an order.
	Received       Phrase `yaml:"received"`        // {number} {code}
	ReceivedShort  Phrase `yaml:"received_short"`  // {number} {code}
	Confirmed      Phrase `yaml:"confirmed"`       // {number} {total} {code} {station}
	ConfirmedShort Phrase `yaml:"confirmed_short"` // {number} {code}
	ShortTitle     Phrase `yaml:"short_title"`
	ShortLine      Phrase `yaml:"short_line"` // {name} {left} {qty}
	ShortNone      Phrase `yaml:"short_none"` // {name}
	TakeLeft       Phrase `yaml:"take_left"`
	Cancelling     Phrase `yaml:"cancelling"`     // {number}
	Cancelled      Phrase `yaml:"cancelled"`      // {number}
	CancelRefused  Phrase `yaml:"cancel_refused"` // {number} {status}

	// Notices: texts that we begin.
	NoticeRejected   Phrase `yaml:"notice_rejected"` // {number}
	NoticeReorder    Phrase `yaml:"notice_reorder"`  // {example}
	NoticeDispatched Phrase `yaml:"notice_dispatched"`
	NoticeArrived    Phrase `yaml:"notice_arrived"` // {number} {station} {code}
	NoticeCollected  Phrase `yaml:"notice_collected"`
	NoticeReturned   Phrase `yaml:"notice_returned"`

	// My orders.
	OrdersTitle    Phrase `yaml:"orders_title"`
	OrdersNone     Phrase `yaml:"orders_none"`
	OrdersAway     Phrase `yaml:"orders_away"`
	OrderUnknown   Phrase `yaml:"order_unknown"` // {number}
	OrderTitle     Phrase `yaml:"order_title"`   // {number} {status}
	PickupCode     Phrase `yaml:"pickup_code"`   // {code}
	CancelOrder    Phrase `yaml:"cancel_order"`
	CancelQuestion Phrase `yaml:"cancel_question"` // {number}
	CancelYes      Phrase `yaml:"cancel_yes"`
	CancelNo       Phrase `yaml:"cancel_no"`

	// What an order's status is called.
	StatusPlaced     Phrase `yaml:"status_placed"`
	StatusConfirmed  Phrase `yaml:"status_confirmed"`
	StatusDispatched Phrase `yaml:"status_dispatched"`
	StatusArrived    Phrase `yaml:"status_arrived"`
	StatusCollected  Phrase `yaml:"status_collected"`
	StatusReturned   Phrase `yaml:"status_returned"`
	StatusRejected   Phrase `yaml:"status_rejected"`
	StatusCancelled  Phrase `yaml:"status_cancelled"`

	// Questions about a text that was not all clear.
	Which       Phrase `yaml:"which"`         // {word}: as it was typed
	NoNumber    Phrase `yaml:"no_number"`     // {number}: a keypad number that no product has
	HintLeftOut Phrase `yaml:"hint_left_out"` // {word}
	RepeatNone  Phrase `yaml:"repeat_none"`

	// Offers of those who want to sell.
	OfferNoted   Phrase `yaml:"offer_noted"`  // {offer}
	OfferLine    Phrase `yaml:"offer_line"`   // {qty} {unit} {item}
	OfferPriced  Phrase `yaml:"offer_priced"` // {qty} {unit} {item} {price}
	OfferHow     Phrase `yaml:"offer_how"`    // {example}
	OfferExample Phrase `yaml:"offer_example"`

	// The price list on the shop's wall.
	ListTitle   Phrase `yaml:"list_title"`
	ListHow     Phrase `yaml:"list_how"`  // {example}
	ListDial    Phrase `yaml:"list_dial"` // {code}
	ListNumber  Phrase `yaml:"list_number"`
	ListProduct Phrase `yaml:"list_product"`
	ListUnit    Phrase `yaml:"list_unit"`
	ListPrice   Phrase `yaml:"list_price"`

	// Answers to commands.
	Help         Phrase `yaml:"help"`
	HelpDial     Phrase `yaml:"help_dial"`     // {code}
	HelpExample  Phrase `yaml:"help_example"`  // {example}
	OrderExample Phrase `yaml:"order_example"` // {items}: how an order is written
	Stopped      Phrase `yaml:"stopped"`
	Started      Phrase `yaml:"started"`
	NotOrdered   Phrase `yaml:"not_ordered"`
	Unknown      Phrase `yaml:"unknown"`
	WriteLike    Phrase `yaml:"write_like"` // {example}
	Apology      Phrase `yaml:"apology"`
	TooMany      Phrase `yaml:"too_many"`
	Helped       Phrase `yaml:"helped"` // an operator speaks with them now

	// Hints: what was wrong with the last answer. They are short, for they
	// share the screen with what is asked again.
	HintChoice   Phrase `yaml:"hint_choice"`
	HintQuantity Phrase `yaml:"hint_quantity"`
	HintKeyMore  Phrase `yaml:"hint_key_more"`
	HintLastPage Phrase `yaml:"hint_last_page"`
	HintReadOn   Phrase `yaml:"hint_read_on"`
	HintListNew  Phrase `yaml:"hint_list_new"`
	HintFull     Phrase `yaml:"hint_full"` // {max}
	HintTooMany  Phrase `yaml:"hint_too_many"`
	HintGone     Phrase `yaml:"hint_gone"`
	HintUnclear  Phrase `yaml:"hint_unclear"`
}
