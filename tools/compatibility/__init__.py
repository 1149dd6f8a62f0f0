"""The functions of Peitu's predecessor with their signatures; import them from `tools.modelscope` or `dashscope`."""
