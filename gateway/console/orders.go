package console

func (c *Console) orderRoutes() []route { return nil }
