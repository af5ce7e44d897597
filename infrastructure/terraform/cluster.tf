resource "google_container_cluster" "shop" {
  name     = "kiosk-${var.environment}"
  location = var.region

  network    = google_compute_network.shop.id
  subnetwork = google_compute_subnetwork.nodes.id

  deletion_protection = var.deletion_protection

  # The cluster uses the pools below, so the default pool is removed.
  remove_default_node_pool = true
  initial_node_count       = 1

  networking_mode             = "VPC_NATIVE"
  datapath_provider           = "ADVANCED_DATAPATH"
  enable_intranode_visibility = true

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = false
    master_ipv4_cidr_block  = "172.16.0.0/28"
  }

  master_authorized_networks_config {
    dynamic "cidr_blocks" {
      for_each = var.authorised_networks
      content {
        display_name = cidr_blocks.key
        cidr_block   = cidr_blocks.value
      }
    }
  }

  # CircleCI's runs have no fixed address, so they use the control plane's DNS name. Google checks the
  # caller's account and its right container.clusters.connect before a request reaches the cluster.
  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic = true
    }
  }

  # No client certificate: people and machines use their Google accounts.
  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  workload_identity_config {
    workload_pool = "${var.project}.svc.id.goog"
  }

  gateway_api_config {
    channel = "CHANNEL_STANDARD"
  }

  release_channel {
    channel = "REGULAR"
  }

  maintenance_policy {
    recurring_window {
      start_time = "2026-01-05T02:00:00Z"
      end_time   = "2026-01-05T06:00:00Z"
      recurrence = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH"
    }
  }

  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
  }

  security_posture_config {
    mode = "BASIC"
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS"]
  }

  monitoring_config {
    # KUBELET has how full the volumes are.
    enable_components = ["SYSTEM_COMPONENTS", "KUBELET"]
    managed_prometheus {
      enabled = true
    }
  }

  # The default pool exists for a few minutes before it is removed, so it is secured too.
  node_config {
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    ignore_changes = [node_config]
  }
}

# For databases and Kafka: one machine in each of the region's three zones.
resource "google_container_node_pool" "state" {
  name       = "state"
  cluster    = google_container_cluster.shop.id
  node_count = 1

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  upgrade_settings {
    max_surge       = 1
    max_unavailable = 0
  }

  node_config {
    machine_type    = var.state_machine_type
    disk_type       = "pd-balanced"
    disk_size_gb    = 50
    image_type      = "COS_CONTAINERD"
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    # Only pods with this toleration run here. overlays/gke adds it to databases and Kafka.
    taint {
      key    = "kiosk/state"
      value  = "true"
      effect = "NO_SCHEDULE"
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }
}

# For the services, and for the system's pods. Not on spot machines: Google gives a pod 15 s to stop when it
# reclaims one, which is not enough (docs/decisions/0056-services-on-demand.md).
resource "google_container_node_pool" "services" {
  name    = "services"
  cluster = google_container_cluster.shop.id

  autoscaling {
    total_min_node_count = 2
    total_max_node_count = var.service_nodes_at_most
    location_policy      = "ANY"
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  node_config {
    machine_type    = var.service_machine_type
    disk_type       = "pd-standard"
    disk_size_gb    = 30
    image_type      = "COS_CONTAINERD"
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    # Set by the autoscaler.
    ignore_changes = [node_count]
  }
}
