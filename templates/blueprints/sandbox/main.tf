terraform {
  backend "http" {}
  required_providers {
    waymark = {
      source = "waymark.internal/waymark/waymark"
    }
  }
}

variable "waymark" {
  description = "What the portal says of the environment."
  type = object({
    environment = string
    name        = string
    kind        = string
    tags        = map(string)
  })
}

variable "size" {
  type    = string
  default = "small"
}

variable "encryption" {
  type    = bool
  default = true
}

variable "cost_center" {
  type    = string
  default = ""
}

variable "databases" {
  type    = number
  default = 1
}

variable "slowness" {
  type    = number
  default = 0
}

locals {
  # An empty cost centre is left out, so that policy sees it missing.
  tags = merge(var.waymark.tags, var.cost_center == "" ? {} : { cost_center = var.cost_center })
}

provider "waymark" {}

resource "waymark_secret" "password" {
  name = "database-password"
}

resource "waymark_database" "main" {
  count         = var.databases
  name          = count.index == 0 ? "main" : "main-${count.index + 1}"
  size          = var.size
  encrypted     = var.encryption
  delay_seconds = var.slowness
  tags          = local.tags
}

resource "waymark_bucket" "files" {
  name          = "files"
  size          = var.size
  encrypted     = var.encryption
  delay_seconds = var.slowness
  tags          = local.tags
}

resource "waymark_endpoint" "main" {
  name          = "web"
  encrypted     = true
  delay_seconds = var.slowness
  tags          = local.tags
  depends_on    = [waymark_database.main, waymark_bucket.files]
}

resource "waymark_entity" "database" {
  name       = "db"
  type       = "database"
  title      = "Database of ${var.waymark.name}"
  depends_on = [waymark_database.main]
}

output "endpoint" {
  value = waymark_endpoint.main.url
}

output "database_url" {
  value = waymark_database.main[0].url
}

output "bucket_url" {
  value = waymark_bucket.files.url
}

output "database_password" {
  value     = waymark_secret.password.value
  sensitive = true
}
