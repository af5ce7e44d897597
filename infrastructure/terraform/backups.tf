# The bucket of the encrypted backups. Whoever takes over the cluster can add objects, but neither change nor
# delete any: only an operator can, and deleted objects are kept for a month.
resource "google_storage_bucket" "backups" {
  name                        = "${var.project}-backups"
  location                    = var.region
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  versioning {
    enabled = true
  }

  # A backup is kept for 35 days, and what was deleted or overwritten for 30 days more.
  lifecycle_rule {
    condition {
      age        = 35
      with_state = "LIVE"
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 30
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }
}

# The account of the backups' pods, without a key. A creator cannot overwrite or delete.
resource "google_storage_bucket_iam_member" "backups" {
  for_each = toset(["roles/storage.objectCreator", "roles/storage.objectViewer"])
  bucket   = google_storage_bucket.backups.name
  role     = each.key
  member   = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${var.project}.svc.id.goog/subject/ns/kiosk/sa/backup"
}
