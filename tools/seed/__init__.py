"""The functions of the system that Peitu grew from, behind `tools.modelscope` and `tools.dashscope`."""
