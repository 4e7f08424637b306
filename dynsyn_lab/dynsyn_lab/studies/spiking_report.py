def report(book, out): pass
