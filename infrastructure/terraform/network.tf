resource "google_compute_network" "shop" {
  name                    = "kiosk-${var.environment}"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "nodes" {
  name                     = "kiosk-${var.environment}-nodes"
  network                  = google_compute_network.shop.id
  region                   = var.region
  ip_cidr_range            = "10.10.0.0/20"
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.20.0.0/16"
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.30.0.0/20"
  }

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# Nodes have no public address. Their outgoing traffic uses this NAT.
resource "google_compute_router" "out" {
  name    = "kiosk-${var.environment}"
  network = google_compute_network.shop.id
  region  = var.region
}

resource "google_compute_router_nat" "out" {
  name                               = "kiosk-${var.environment}"
  router                             = google_compute_router.out.name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
