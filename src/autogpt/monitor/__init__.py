"""What an operator watches: counters and histograms for Prometheus."""
