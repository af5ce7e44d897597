# The pipeline signs each image that it has built, tested and scanned. The cluster runs the shop's images
# only with a signature of this environment's key, which never leaves Google's key service.
resource "google_kms_key_ring" "signatures" {
  name     = "kiosk-${var.environment}"
  location = var.region
}

resource "google_kms_crypto_key" "signatures" {
  name     = "images"
  key_ring = google_kms_key_ring.signatures.id
  purpose  = "ASYMMETRIC_SIGN"

  version_template {
    algorithm = "EC_SIGN_P256_SHA256"
  }

  lifecycle {
    # Without the key, no image that was signed with it can start again.
    prevent_destroy = true
  }
}

data "google_kms_crypto_key_version" "signatures" {
  crypto_key = google_kms_crypto_key.signatures.id
}

resource "google_kms_crypto_key_iam_member" "delivery" {
  crypto_key_id = google_kms_crypto_key.signatures.id
  role          = "roles/cloudkms.signerVerifier"
  member        = google_service_account.delivery.member
}

# A signature is stored as an occurrence of this note.
resource "google_container_analysis_note" "pipeline" {
  name = "kiosk-${var.environment}-pipeline"

  attestation_authority {
    hint {
      human_readable_name = "Built, tested and scanned by the shop's pipeline"
    }
  }
}

resource "google_container_analysis_note_iam_member" "delivery" {
  note   = google_container_analysis_note.pipeline.name
  role   = "roles/containeranalysis.notes.attacher"
  member = google_service_account.delivery.member
}

# The pipeline does not sign an image again that an earlier run has signed.
resource "google_container_analysis_note_iam_member" "delivery_reads" {
  note   = google_container_analysis_note.pipeline.name
  role   = "roles/containeranalysis.notes.occurrences.viewer"
  member = google_service_account.delivery.member
}

resource "google_project_iam_member" "delivery_occurrences" {
  project = var.project
  role    = "roles/containeranalysis.occurrences.editor"
  member  = google_service_account.delivery.member
}

resource "google_binary_authorization_attestor" "pipeline" {
  name = "kiosk-${var.environment}-pipeline"

  attestation_authority_note {
    note_reference = google_container_analysis_note.pipeline.name

    public_keys {
      id = data.google_kms_crypto_key_version.signatures.id

      pkix_public_key {
        public_key_pem      = data.google_kms_crypto_key_version.signatures.public_key[0].pem
        signature_algorithm = data.google_kms_crypto_key_version.signatures.public_key[0].algorithm
      }
    }
  }
}

resource "google_binary_authorization_attestor_iam_member" "delivery" {
  attestor = google_binary_authorization_attestor.pipeline.name
  role     = "roles/binaryauthorization.attestorsVerifier"
  member   = google_service_account.delivery.member
}

resource "google_binary_authorization_policy" "shop" {
  # Google's own images in the cluster.
  global_policy_evaluation_mode = "ENABLE"

  default_admission_rule {
    evaluation_mode         = "REQUIRE_ATTESTATION"
    enforcement_mode        = "ENFORCED_BLOCK_AND_AUDIT_LOG"
    require_attestations_by = [google_binary_authorization_attestor.pipeline.name]
  }

  # Images that others build: those of the manifests, and of the controllers in the cluster.
  dynamic "admission_whitelist_patterns" {
    for_each = toset([
      "docker.io/apache/kafka:*",
      "docker.io/library/mongo:*",
      "docker.io/prom/pushgateway:*",
      "docker.io/rclone/rclone:*",
      "ghcr.io/external-secrets/external-secrets:*",
      "quay.io/jetstack/*",
    ])
    content {
      name_pattern = admission_whitelist_patterns.value
    }
  }
}
