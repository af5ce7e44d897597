terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }

  # `terraform init -backend-config=...` sets the bucket and the prefix, so that no project is named
  # here. Create the bucket by hand, once: docs/operations/gke-first-deployment.md.
  backend "gcs" {}
}

provider "google" {
  project = var.project
  region  = var.region

  default_labels = {
    application = "kiosk"
    environment = var.environment
  }
}
