package console

func (c *Console) overviewRoutes() []route { return nil }
