"""The sample corpus: a small grammar of English and the texts that it generates."""
