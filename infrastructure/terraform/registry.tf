resource "google_artifact_registry_repository" "images" {
  repository_id = "kiosk-${var.environment}"
  location      = var.region
  format        = "DOCKER"
  description   = "The shop's images."

  docker_config {
    # The tag of a release always refers to the same image.
    immutable_tags = true
  }

  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"
    most_recent_versions {
      keep_count = 20
    }
  }

  cleanup_policies {
    id     = "delete-what-is-old"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "7776000s"
    }
  }
}
