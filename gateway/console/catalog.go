package console

func (c *Console) catalogRoutes() []route { return nil }
