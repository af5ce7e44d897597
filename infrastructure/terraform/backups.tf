# The bucket of the backups. The jobs that write them can neither replace nor delete one, and whatever is deleted
# can be restored for a week.
resource "google_storage_bucket" "backups" {
  name     = "${var.project}-kiosk-backups"
  location = var.region

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = 604800 # 7 days
  }

  lifecycle_rule {
    condition {
      age = var.backup_days
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 7
    }
    action {
      type = "Delete"
    }
  }

  encryption {
    default_kms_key_name = google_kms_crypto_key.backups.id
  }

  lifecycle {
    prevent_destroy = true
  }

  depends_on = [google_kms_crypto_key_iam_member.backups]
}

# Whoever may read the bucket but not use this key cannot read the backups. Old versions of the key remain,
# because old backups need them.
resource "google_kms_crypto_key" "backups" {
  name            = "backups"
  key_ring        = google_kms_key_ring.signatures.id
  rotation_period = "7776000s" # 90 days

  lifecycle {
    # Without the key, no backup can be read.
    prevent_destroy = true
  }
}

data "google_storage_project_service_account" "this" {}

resource "google_kms_crypto_key_iam_member" "backups" {
  crypto_key_id = google_kms_crypto_key.backups.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = data.google_storage_project_service_account.this.member
}

resource "google_project_iam_custom_role" "backups" {
  role_id = "kioskBackups"
  title   = "Add backups of the shop, and see their names"
  permissions = [
    "storage.buckets.get",
    "storage.objects.create",
    "storage.objects.list",
  ]
}

resource "google_storage_bucket_iam_member" "backups" {
  for_each = toset(["authentication", "products", "orders"])
  bucket   = google_storage_bucket.backups.name
  role     = google_project_iam_custom_role.backups.id
  member   = "principal://iam.googleapis.com/projects/${data.google_project.this.number}/locations/global/workloadIdentityPools/${var.project}.svc.id.goog/subject/ns/kiosk/sa/${each.key}-db-backup"
}
