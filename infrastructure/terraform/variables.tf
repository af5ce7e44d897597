variable "project" {
  description = "The project's id."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project's id has 6 to 30 small letters, digits and hyphens."
  }
}

variable "region" {
  description = "Where everything is."
  type        = string
  default     = "europe-west3"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is like europe-west3; a zone is none."
  }
}

variable "environment" {
  description = "Which of the environments this is; each has a cluster of its own."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "It is staging or production."
  }
}

variable "domain" {
  description = "The DNS zone of the shop, such as shop.example; the shop is at its top."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "A domain is like shop.example, without a dot at its end."
  }
}

variable "authorised_networks" {
  description = "From where the control plane may be reached: names and address ranges."
  type        = map(string)

  validation {
    condition     = alltrue([for range in values(var.authorised_networks) : can(cidrhost(range, 0))])
    error_message = "Each is an address range, such as 192.0.2.0/24."
  }

  validation {
    condition     = !contains(values(var.authorised_networks), "0.0.0.0/0")
    error_message = "The whole Internet is no authorised network."
  }
}

variable "state_machine_type" {
  description = "The machines of the databases and of Kafka."
  type        = string
  default     = "e2-standard-4"
}

variable "service_machine_type" {
  description = "The machines of the services, at a moment's notice (spot)."
  type        = string
  default     = "e2-medium"
}

variable "service_nodes_at_most" {
  description = "How many machines the services may take."
  type        = number
  default     = 10

  validation {
    condition     = var.service_nodes_at_most >= 1 && var.service_nodes_at_most <= 100
    error_message = "From 1 to 100."
  }
}

variable "delivery" {
  description = "Who may deliver by OpenID Connect, without a key: CircleCI's organisation and project (ids)."
  type = object({
    organisation = string
    project      = string
  })

  validation {
    condition = alltrue([
      for id in values(var.delivery) : can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", id))
    ])
    error_message = "Both ids are UUIDs, as CircleCI's settings show them."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the cluster."
  type        = bool
  default     = true
}
