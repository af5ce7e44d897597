resource "google_artifact_registry_repository" "images" {
  repository_id = "kiosk-${var.environment}"
  location      = var.region
  format        = "DOCKER"
  description   = "The shop's images."

  # Tags are not immutable, because the clean-up could not delete an image with an immutable tag. Deployments
  # and signatures refer to digests, and the pipeline never pushes another image to a tag.

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
