"""Alibaba OSS behind `tools.oss`."""
