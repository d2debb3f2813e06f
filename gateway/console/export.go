package console

func (c *Console) exportRoutes() []route { return nil }
