"""Every line a device can say about IKE and IPsec, declared once; its envelope; the recogniser."""
