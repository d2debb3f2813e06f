package orders

// Station is a village shop where orders are collected.
type Station struct {
	ID, Name, Village string
	Route             string
	RouteStop         int
	Opens             string // as people say it: "Mon-Sat 7:00-19:00"
	AgentName         string
	AgentPhone        string // E.164
	Language          string
}
