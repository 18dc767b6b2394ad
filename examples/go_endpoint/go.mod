module example.com/alohub-go-endpoint

go 1.22
