resource "google_dns_managed_zone" "shop" {
  name     = "kiosk-${var.environment}"
  dns_name = "${var.domain}."

  dnssec_config {
    state = "on"
  }
}

# The Gateway in overlays/gke refers to this address by its name.
resource "google_compute_global_address" "shop" {
  name = "kiosk"
}

resource "google_dns_record_set" "shop" {
  managed_zone = google_dns_managed_zone.shop.name
  name         = google_dns_managed_zone.shop.dns_name
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_global_address.shop.address]
}

# Only Let's Encrypt, which the cluster uses, can issue a certificate for the shop.
resource "google_dns_record_set" "issuers" {
  managed_zone = google_dns_managed_zone.shop.name
  name         = google_dns_managed_zone.shop.dns_name
  type         = "CAA"
  ttl          = 3600
  rrdatas      = ["0 issue \"letsencrypt.org\""]
}
