set prompt = "> "
