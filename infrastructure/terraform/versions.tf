terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }

  # The bucket and the prefix are given at `terraform init -backend-config=...`, so that no project is
  # named here. The bucket is made by hand, once: docs/operations.md.
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
