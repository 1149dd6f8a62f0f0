"""The implementation of `tools.oss`: Alibaba OSS with its addresses, client and errors."""
