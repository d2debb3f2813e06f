package console

func (c *Console) viewRoutes() []route { return nil }
